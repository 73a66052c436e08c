import { createRandom } from './random';
import { SLIP_CHANCES, WeakRequest, weaken } from './weak-mode';

const LEDGER =
  '{"satisfied":false,"progress":true,"next_speaker":"Ada","instruction":"Check Bob\'s \\"sum\\"."}';

describe('weak mode', () => {
  it('slips in JSON in every way, and sometimes not at all', () => {
    const found = slipsOf({ text: '{"next_speaker":"Ada"}', isJson: true });

    expect([...found.keys()].toSorted()).toEqual([
      'any',
      'empty',
      'fenced_json',
      'missing_key',
      'prose_for_json',
      'renamed_key',
      'several_names',
      'single_quotes',
      'sound',
      'think_tags',
      'truncated_json',
      'unknown_name',
      'unopened_think_tag',
      'wrong_type',
    ]);
    expect(found.get('fenced_json')).toMatch(/```json\n\{"next_speaker":"Ada"\}\n```$/);
    expect(found.get('several_names')).toMatch(/"Ada(, | or | and )Bob"/);
    expect(found.get('missing_key')).toMatch(/\{\}$/);
    expect(found.get('renamed_key')).toMatch(/\{"(nextSpeaker|Next Speaker|speaker)":"Ada"\}$/);
    expect(found.get('single_quotes')).toMatch(/\{'next_speaker':'Ada'\}$/);
    expect(found.get('unknown_name')).not.toMatch(/Ada|Bob/);
    expect(found.get('wrong_type')).not.toMatch(/:"Ada"\}$/);
  });

  it('slips in one field of a larger answer and leaves the others as they are', () => {
    const found = slipsOf({ text: LEDGER, isJson: true });

    expect(fieldsOf(found.get('missing_key'))).toHaveLength(3);
    expect(fieldsOf(found.get('unknown_name'))).toHaveLength(4);
    expect(found.get('single_quotes')).toContain(String.raw`{'satisfied':False,'progress':True,`);
  });

  it('names several in a ranking, too', () => {
    const found = slipsOf({ text: '{"ranking":["Ada","Bob"]}', isJson: true });

    expect(found.get('several_names')).toMatch(/\{"ranking":"Ada(, | or | and )Bob"\}$/);
  });

  it('slips in text in every way', () => {
    const found = slipsOf({ text: 'Hello there.' });

    expect([...found.keys()].toSorted()).toEqual([
      'any',
      'echoed_prefix',
      'empty',
      'ignores_stops',
      'sound',
      'speaks_for_others',
      'think_tags',
      'unopened_think_tag',
    ]);
    expect(found.get('echoed_prefix')).toMatch(/(Ada:|\*\*Ada:\*\*|\*\*Ada\*\*:|\[Ada\]:) Hello there\./);
    expect(found.get('speaks_for_others')).toMatch(/Hello there\.\n[[*]*Bob[\]*:]+ A sentence\./);
    expect(found.get('unopened_think_tag')).toMatch(/^A sentence\.\n<\/think>\n\n/);
    expect(found.get('empty')).toBe('');
  });

  it('calls no tool, the wrong one, or writes the call down', () => {
    const toolCalls = [{ name: 'transfer_to_bob', arguments: {} }];
    const answers = Array.from({ length: 400 }, (_, seed) =>
      weaken(aRequest({ text: 'Bob knows.', toolCalls, random: createRandom(seed) }), 'strong'),
    );
    const slipping = (slip: string) => answers.filter(({ slips }) => slips.some((one) => one === slip));

    expect(slipping('missing_tool_call').every((answer) => answer.toolCalls.length === 0)).toBe(true);
    expect(slipping('wrong_tool').map((answer) => answer.toolCalls[0]?.name)).toEqual(
      expect.arrayContaining(['bob', 'call_to_bob', 'transfer_to_somebody', 'transfertobob', 'respond']),
    );
    const written = slipping('written_tool_call');
    expect(written.length).toBeGreaterThan(20);
    expect(
      written.every(({ text, toolCalls: calls }) => text.includes('"transfer_to_bob"') && calls.length === 0),
    ).toBe(true);
    expect(answers.some(({ slips, toolCalls: calls }) => slips.length === 0 && calls === toolCalls)).toBe(
      true,
    );
  });

  it('slips more often the weaker it is, in every way', () => {
    const { mild, moderate, strong } = SLIP_CHANCES;
    for (const slip of Object.keys(mild) as (keyof typeof mild)[]) {
      expect([slip, mild[slip] <= moderate[slip], moderate[slip] <= strong[slip]]).toEqual([
        slip,
        true,
        true,
      ]);
      expect([slip, strong[slip] > 0]).toEqual([slip, true]);
    }
  });
});

function aRequest(changes: Partial<WeakRequest>): WeakRequest {
  return {
    text: 'Hello there.',
    toolCalls: [],
    isJson: false,
    choices: ['Ada', 'Bob'],
    own: 'Ada',
    numbers: [],
    others: ['Bob'],
    random: createRandom(1),
    sentence: () => 'A sentence.',
    ...changes,
  };
}

/** The slips that occur, each with a text that has it. */
function slipsOf(changes: Partial<WeakRequest>, count = 600): Map<string, string> {
  const found = new Map<string, string>();
  for (let seed = 0; seed < count; seed += 1) {
    const { text, slips } = weaken(aRequest({ ...changes, random: createRandom(seed) }), 'strong');
    slips.forEach((slip) => found.set(slip, text));
    found.set(slips.length === 0 ? 'sound' : 'any', text);
  }
  return found;
}

/** Names of the fields of the JSON at the end of an answer. */
function fieldsOf(text = ''): string[] {
  return Object.keys(JSON.parse(text.slice(text.indexOf('{'))) as object);
}
