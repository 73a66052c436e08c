import { readBySchema } from '../../../common/validation/schema-problems';
import { stopRuleSchema, teamSchema } from './team-schema';

/** Where, what and why, of all problems of a value. */
function problemsOf(
  value: unknown,
  schema: typeof teamSchema | typeof stopRuleSchema = teamSchema,
): string[] {
  const read = readBySchema<unknown>(schema, value, ['body', 'team']);
  return 'problems' in read
    ? read.problems.map(({ loc, type, msg }) => `${loc.slice(1).join('.')} ${type}: ${msg}`)
    : [];
}
const inTeam = (participant: unknown) => ({ type: 'round_robin', participants: [participant] });
const inGraph = (when: unknown) => ({
  type: 'graph',
  nodes: [{ id: 'a' }, { id: 'b' }],
  edges: [{ from: 'a', to: 'b', when }],
});

describe('a team or stop rule that a client sent', () => {
  it('fills in defaults', () => {
    expect(readBySchema(teamSchema, { type: 'selector', participants: ['a'] }, ['body'])).toEqual({
      value: { type: 'selector', participants: ['a'], allow_repeated_speaker: false, max_attempts: 3 },
    });
  });

  it('is told what is wrong as any other field is', () => {
    expect(problemsOf(3)).toEqual(['team dict_type: Input should be a valid dictionary']);
    expect(problemsOf({ type: 'round_robin' })).toEqual(['team.participants missing: Field required']);
    expect(problemsOf({ type: 'round_robin', participants: [] })).toEqual([
      'team.participants too_short: List should have at least 1 item after validation, not 0',
    ]);
    expect(problemsOf({ ...inTeam('a'), max_turns: 1.5 })).toEqual([
      'team.max_turns int_from_float: Input should be a valid integer, got a number with a fractional part',
    ]);
    expect(problemsOf({ ...inTeam('a'), max_turns: 0 })).toEqual([
      'team.max_turns greater_than_equal: Input should be greater than or equal to 1',
    ]);
    expect(problemsOf({ ...inTeam('a'), share: 'none' })).toEqual([
      "team.share literal_error: Input should be 'all' or 'last'",
    ]);
    expect(problemsOf({ type: 'random', participants: ['a'], weights: { '': 1, a: 'x' } })).toEqual([
      'team.weights. string_too_short: String should have at least 1 character',
      'team.weights.a float_type: Input should be a valid number',
    ]);
  });

  it('is told the known types when its type is missing or unknown', () => {
    expect(problemsOf({})).toEqual(['team.type missing: Field required']);
    expect(problemsOf({ type: 'chat' })).toEqual([
      expect.stringMatching(/^team\.type literal_error: Input should be 'round_robin', .* or 'pipeline'$/),
    ]);
  });

  it('is told an unknown field with the nearest known one', () => {
    expect(problemsOf({ ...inTeam('a'), maxturns: 3 })).toEqual([
      "team.maxturns extra_forbidden: unknown field 'maxturns'; did you mean 'max_turns'?",
    ]);
  });

  it.each([
    [{ agent: 3 }, ['agent string_type: Input should be a valid string']],
    [{ agentt: 'a' }, ["agentt extra_forbidden: unknown field 'agentt'; did you mean 'agent'?"]],
    [
      { agent: 'a', instructoin: 'b' },
      ["instructoin extra_forbidden: unknown field 'instructoin'; did you mean 'instruction'?"],
    ],
    [{ type: 'critic', author: 'a' }, ['critic missing: Field required']],
    [{ type: 'chat' }, [expect.stringContaining("type literal_error: Input should be 'round_robin'")]],
    ['', ['string_too_short: String should have at least 1 character']],
    [[], ['value_error: Input should be a valid string or a valid dictionary']],
  ])('tells of %j what is wrong with the participant that was meant', (participant, expected) => {
    expect(
      problemsOf(inTeam(participant)).map((text) => text.replace(/^team\.participants\.0[. ]/, '')),
    ).toEqual(expected);
  });

  it.each([
    [{ containz: 'x' }, ".containz extra_forbidden: unknown field 'containz'; did you mean 'contains'?"],
    [
      { contains: 'x', pattern: 'y' },
      ".pattern extra_forbidden: unknown field 'pattern'; known fields: contains",
    ],
    [{ field: 'x' }, '.equals missing: Field required'],
    [{ otherwise: false }, '.otherwise literal_error: Input should be true'],
    ['x', ' dict_type: Input should be a valid dictionary'],
  ])('tells of the condition %j what is wrong with the one that was meant', (when, expected) => {
    expect(problemsOf(inGraph(when))).toEqual([`team.edges.0.when${expected}`]);
  });

  it('tells of nested stop rules where they stand', () => {
    const rules = { any: [{ all: [{ type: 'text', txt: 'x' }] }, { typ: 'text' }, { type: 'max_turn' }] };
    expect(problemsOf(rules, stopRuleSchema)).toEqual([
      'team.any.0.all.0.text missing: Field required',
      "team.any.0.all.0.txt extra_forbidden: unknown field 'txt'; did you mean 'text'?",
      "team.any.1.typ extra_forbidden: unknown field 'typ'; did you mean 'type'?",
      expect.stringMatching(/^team\.any\.2\.type literal_error: Input should be 'max_turns', /),
    ]);
  });

  it('shows the object around what is missing, and the value that is wrong', () => {
    expect(readBySchema(teamSchema, inTeam({ agent: 'a', history: { last: -1 } }), ['body'])).toEqual({
      problems: [
        {
          type: 'greater_than_equal',
          loc: ['body', 'participants', 0, 'history', 'last'],
          msg: 'Input should be greater than or equal to 0',
          input: -1,
          ctx: { ge: 0 },
        },
      ],
    });
  });

  it.each([
    ['unknown fields', { ...inTeam('a'), ...Object.fromEntries(manyNames(40_000).map((name) => [name, 1])) }],
    [
      'wrong weights',
      {
        type: 'random',
        participants: ['a'],
        weights: Object.fromEntries(manyNames(40_000).map((name) => [name, 'x'])),
      },
    ],
    [
      'wrong participants',
      { type: 'round_robin', participants: manyNames(64).map(() => inTeam(manyNames(64).map(() => 3))) },
    ],
    ['values at all', { type: 'round_robin', participants: Array<number>(500_000).fill(1) }],
    ['names of built-in fields', { type: 'constructor', constructor: 1, toString: 1, hasOwnProperty: 1 }],
  ])('stays quick and short whatever number of %s it has', (_what, value) => {
    const before = performance.now();
    const problems = problemsOf(value);
    expect(performance.now() - before).toBeLessThan(3_000);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(200);
  });
});

function manyNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `name ${index}`);
}
