import { type Agent } from './agent';
import {
  handoffFeedback,
  handoffQuestion,
  handoffSchema,
  handoffTools,
  readHandoff,
  targetOf,
  unknownToolAnswer,
  writtenCall,
} from './handoff';

const agent = (name: string, more: Partial<Agent> = {}): Agent => ({
  id: name,
  name,
  prompt: `You are ${name}.`,
  model: 'm:1b',
  color: '',
  options: {},
  ...more,
});
const agents = [agent('Ann'), agent('Bob', { description: 'Knows  trains.' })];
const targets = ['Ann', 'Bob', 'user'];

describe('handoff tools', () => {
  it('are one for each target, with what is known of it', () => {
    expect(handoffTools(targets, agents).map(({ name, description }) => [name, description])).toEqual([
      ['transfer_to_ann', 'Hand the conversation over to Ann: You are Ann.'],
      ['transfer_to_bob', 'Hand the conversation over to Bob: Knows trains.'],
      ['transfer_to_user', 'Hand the conversation over to the user, for an answer.'],
    ]);
  });

  it('lead to the first call that names a target, in any case', () => {
    const calls = (...names: string[]) => names.map((name) => ({ name }));
    expect(targetOf(calls('search', 'Transfer_To_BOB', 'transfer_to_ann'), targets)).toBe('Bob');
    expect(targetOf(calls('transfer_to_cem'), targets)).toBeNull();
    expect(targetOf([], targets)).toBeNull();
  });

  it.each([
    ['bob', 'Bob'],
    ['transferToBob', 'Bob'],
    ['transfer-to-bob', 'Bob'],
    ['handoff_to_bob', 'Bob'],
    ['email_bob', null],
    ['transfer_to_bobby', null],
  ])('called %s lead to %s', (name, target) => {
    expect(targetOf([{ name }], targets)).toBe(target);
  });

  it('are named to a model that called something else', () => {
    expect(unknownToolAnswer('transfer_to_cem', ['Ann'])).toBe(
      'There is no tool "transfer_to_cem". Call one of these, or none: transfer_to_ann.',
    );
  });
});

describe('writtenCall', () => {
  it.each([
    ['{"name": "transfer_to_bob", "arguments": {}}', 'transfer_to_bob'],
    ['```json\n{"name": "transfer_to_bob"}\n```', 'transfer_to_bob'],
    ['<tool_call>\n{"name": "transfer_to_bob"}\n</tool_call>', 'transfer_to_bob'],
    ['[{"name": "transfer_to_bob"}]', 'transfer_to_bob'],
    ['I would call {"name": "transfer_to_bob"} now.', null],
    ['I call {"name": "transfer_to_bob"}', null],
    ['{"name": "Bob"}', null],
    ['transfer_to_bob', null],
    ['{"name": "transfer_to_bob"}\nBob can help.', null],
  ])('in %s: %s', (answer, name) => {
    expect(writtenCall(answer)?.name ?? null).toBe(name);
  });

  it.each(['', '<tool_call>\n', '```json\n', '```tool_call\n', '['])(
    'keeps what was said before %j',
    (start) => {
      expect(writtenCall(`Bob knows {more}.\n\n${start}{"name": "transfer_to_bob"}`)).toEqual({
        name: 'transfer_to_bob',
        said: 'Bob knows {more}.',
      });
    },
  );
});

describe('the question whether an agent hands over', () => {
  it('names the targets and nobody', () => {
    expect(handoffSchema(targets)).toMatchObject({
      properties: { hand_over_to: { enum: ['Ann', 'Bob', 'user', 'nobody'] } },
    });
    expect(handoffQuestion(targets, agents)).toContain('- Bob: Knows trains.');
  });

  it('has another word for nobody where an agent is called so', () => {
    expect(handoffSchema(['Nobody', 'Bob'])).toMatchObject({
      properties: { hand_over_to: { enum: ['Nobody', 'Bob', 'none'] } },
    });
    expect(readHandoff('{"hand_over_to": "Nobody"}', ['Nobody', 'Bob'])).toEqual({ target: 'Nobody' });
  });

  it.each([
    ['{"hand_over_to": "Bob"}', 'Bob'],
    ['```{"hand_over_to": "bob"}```', 'Bob'],
    ['{"hand_over_to": "nobody"}', null],
    ['{"hand_over_to": ["Bob"]}', 'Bob'],
    ['{"hand_over_to": {"answer": "Bob", "reason": "Ann is done."}}', 'Bob'],
    ['{"handOverTo": "Bob"}', 'Bob'],
    ['Bob', 'Bob'],
  ])('reads %s as %s', (answer, target) => {
    expect(readHandoff(answer, targets)).toEqual({ target });
  });

  it.each([
    ['{"hand_over_to": "Ann or Bob"}', 'The answer named more than one: Ann, Bob.', false],
    ['{"hand_over_to": "Cem"}', 'The answer named none of them.', true],
    ['{"hand_over_to"', 'The answer named none of them.', false],
    ['', 'The answer was empty.', false],
  ])('does not guess what %s means', (answer, problem, isUnknown) => {
    expect(readHandoff(answer, targets)).toEqual({ problem, isUnknown });
    expect(handoffFeedback(problem, targets)).toMatch(/^The answer .*\. Answer with JSON only/);
  });
});
