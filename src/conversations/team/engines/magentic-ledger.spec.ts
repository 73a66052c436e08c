import { DEFAULT_VERDICT, ledgerForm, ledgerSchema, readLedger } from './magentic-ledger';

const TEAM = { manager: 'Boss', participants: ['Ann', 'Ben', 'Cleo_2'], hasWorked: true };
const read = (raw: string) => readLedger(raw, TEAM);

const SOUND = {
  satisfied: false,
  in_loop: true,
  progress: false,
  next_speaker: 'Ben',
  instruction: 'Add it up.',
};
const SOUND_VALUE = {
  speaker: 'Ben',
  verdict: { satisfied: false, in_loop: true, progress: false, instruction: 'Add it up.' },
};
const json = JSON.stringify(SOUND);

describe('readLedger', () => {
  it.each([
    ['JSON', json],
    ['JSON over lines', JSON.stringify(SOUND, null, 2)],
    ['fenced JSON', `Sure! Here is the JSON:\n\n\`\`\`json\n${json}\n\`\`\``],
    ['JSON amid text', `As Ann said: ${json} That is all.`],
    ['JSON amid text with braces', `{I think} ${json} {done}`],
    ['JSON in JSON', JSON.stringify({ ledger: SOUND })],
    ['JSON after thinking', `<think>{"next_speaker": "Ann"}</think>${json}`],
    [
      'single quotes',
      "{'satisfied': False, 'in_loop': True, 'progress': False, 'next_speaker': 'Ben', 'instruction': 'Add it up.'}",
    ],
    ['JSON cut off after its last text', json.slice(0, -1)],
    [
      'truth as text',
      JSON.stringify({ ...SOUND, satisfied: 'false', in_loop: 'Yes', progress: ' NO ', extra: 1 }),
    ],
    [
      'the keys of Magentic-One',
      JSON.stringify({
        is_request_satisfied: { reason: 'Ann is not done', answer: false },
        is_in_loop: { reason: '', answer: true },
        is_progress_being_made: { reason: '', answer: false },
        next_speaker: { reason: 'not Ann', answer: 'Ben' },
        instruction_or_question: { reason: '', answer: 'Add it up.' },
      }),
    ],
  ])('reads %s', (_what, raw) => {
    expect(read(raw)).toEqual({ value: SOUND_VALUE });
  });

  it.each([
    ['another case', 'ben', 'Ben'],
    ['more than the name', 'Ben (he adds up)', 'Ben'],
    ['a blank for _', 'cleo 2', 'Cleo_2'],
  ])('finds the next speaker by %s', (_what, next_speaker, speaker) => {
    expect(read(JSON.stringify({ ...SOUND, next_speaker }))).toHaveProperty('value.speaker', speaker);
  });

  it('lets missing keys be what does no harm (trap: a missing key ends the run)', () => {
    expect(read('{"next_speaker": "Ann"}')).toEqual({ value: { speaker: 'Ann', verdict: DEFAULT_VERDICT } });
    expect(DEFAULT_VERDICT).toEqual({
      satisfied: false,
      in_loop: false,
      progress: true,
      instruction: 'Continue with the task.',
    });
  });

  it.each([null, 1, 'perhaps', [], {}])('takes %j as missing', (odd) => {
    const raw = JSON.stringify({
      satisfied: odd,
      in_loop: odd,
      progress: odd,
      next_speaker: 'Ann',
      instruction: null,
    });
    expect(read(raw)).toHaveProperty('value.verdict', DEFAULT_VERDICT);
  });

  it('keeps an instruction that was cut off', () => {
    expect(read(json.slice(0, -6))).toEqual({
      value: { speaker: 'Ben', verdict: { ...SOUND_VALUE.verdict, instruction: 'Add it' } },
    });
  });

  it('clips an instruction without end', () => {
    const answer = read(JSON.stringify({ ...SOUND, instruction: 'x'.repeat(100_000) }));
    expect('value' in answer ? answer.value.verdict.instruction.length : 0).toBe(4_001);
  });

  it('needs no next speaker when the task is done: the manager has the last word', () => {
    expect(read('{"satisfied": true')).toHaveProperty('value.speaker', 'Boss');
    expect(read('{"satisfied": true, "next_speaker": "nobody"}')).toHaveProperty('value.speaker', 'Boss');
  });

  it('takes no task for done on which nobody has worked', () => {
    const early = { ...TEAM, hasWorked: false };
    expect(readLedger(JSON.stringify({ ...SOUND, satisfied: true }), early)).toEqual({ value: SOUND_VALUE });
    expect(readLedger('{"satisfied": true}', early)).toHaveProperty('problem');
  });

  it.each([
    ['a list of one', JSON.stringify({ ...SOUND, next_speaker: ['Ben'] })],
    [
      'another spelling of the key',
      JSON.stringify({ ...SOUND, next_speaker: undefined, nextSpeaker: 'Ben' }),
    ],
    ['the key in short', JSON.stringify({ ...SOUND, next_speaker: undefined, Speaker: 'Ben' })],
  ])('reads %s', (_what, raw) => {
    expect(read(raw)).toMatchObject({ value: { speaker: 'Ben' } });
  });

  it.each([
    ['nothing', ' \n', 'empty'],
    ['nothing but thinking', `<think>${json}`, 'empty'],
    ['text', 'Ben should speak next.', 'JSON'],
    ['a list', '["Ben"]', 'JSON'],
    ['an empty object', '{}', 'JSON'],
    ['an object without keys of ours', '{"toString": "Ben", "constructor": true}', 'JSON'],
    ['no next speaker', '{"satisfied": false}', 'nobody'],
    ['an unknown next speaker', JSON.stringify({ ...SOUND, next_speaker: 'Zed' }), 'nobody'],
    ['the manager as the next speaker', JSON.stringify({ ...SOUND, next_speaker: 'Boss' }), 'nobody'],
    ['a next speaker that is no text', JSON.stringify({ ...SOUND, next_speaker: 2 }), 'nobody'],
    [
      'a list of several',
      JSON.stringify({ ...SOUND, next_speaker: ['Ben', 'Ann'] }),
      'more than one: Ben, Ann',
    ],
    ['a name that was cut off', '{"satisfied": false, "next_speaker": "Ann', 'nobody'],
    ['several names', JSON.stringify({ ...SOUND, next_speaker: 'Ben or Ann' }), 'more than one: Ben, Ann'],
  ])('sees a problem in %s', (_what, raw, problem) => {
    expect(read(raw)).toHaveProperty('problem', expect.stringContaining(problem));
  });

  it.each(['{', '"satisfied": "', '"next_speaker": "a', "'instruction': '", '\\"', '"satisfied"\n', '":'])(
    'reads 1 MB of %j quickly',
    (unit) => {
      const start = performance.now();
      read(unit.repeat(1_000_000 / unit.length));
      expect(performance.now() - start).toBeLessThan(3_000);
    },
  );
});

describe('ledgerSchema', () => {
  it('is flat, allows the participants only, and asks for the instruction last', () => {
    expect(ledgerSchema(['Ann', 'Ben'])).toEqual({
      type: 'object',
      properties: {
        satisfied: { type: 'boolean' },
        in_loop: { type: 'boolean' },
        progress: { type: 'boolean' },
        next_speaker: { type: 'string', enum: ['Ann', 'Ben'] },
        instruction: { type: 'string' },
      },
      required: ['satisfied', 'in_loop', 'progress', 'next_speaker', 'instruction'],
      additionalProperties: false,
    });
  });

  it('is told in words, too', () => {
    expect(ledgerForm(['Ann', 'Ben'])).toMatch(/"next_speaker": "<name>".* exactly one of: Ann, Ben\.$/);
  });
});
