import { MAX_ENTRY_CHARACTERS, MAX_HISTORY_CHARACTERS } from './question-text';
import { buildSelectorPrompt, type SelectorPromptInput } from './selector-prompt';

const turn = (speaker: string, text: string) => ({ speaker, text });

const ask = (overrides: Partial<SelectorPromptInput> = {}): string =>
  buildSelectorPrompt({
    selectorPrompt: null,
    roles: [
      { name: 'Anna', role: 'You plan.' },
      { name: 'Ben', role: 'You doubt.' },
      { name: 'Cleo', role: 'You decide.' },
    ],
    candidates: ['Anna', 'Cleo'],
    task: 'Plan a trip',
    heard: [turn('Anna', 'To Rome?'), turn('Ben', 'Too hot.')],
    ...overrides,
  })
    .slice(1)
    .map(({ content }) => content)
    .join();

/** The question without the instruction at its end. */
const filled = (selectorPrompt: string, overrides: Partial<SelectorPromptInput> = {}): string =>
  ask({ selectorPrompt, ...overrides }).replace(/\n\nAnswer with JSON only[^]*$/, '');

describe('buildSelectorPrompt', () => {
  it('is a system message and a user message', () => {
    const input = { selectorPrompt: null, roles: [], candidates: [], task: '', heard: [] };
    expect(buildSelectorPrompt(input).map(({ role }) => role)).toEqual(['system', 'user']);
  });

  it.each(['{roles}', '{{roles}}'])(
    'replaces %s by a line for each agent, with its own prompt',
    (placeholder) => {
      expect(filled(placeholder)).toBe('Anna: You plan.\nBen: You doubt.\nCleo: You decide.');
    },
  );

  it.each(['{participants}', '{{participants}}'])('replaces %s by the candidates', (placeholder) => {
    expect(filled(placeholder)).toBe("['Anna', 'Cleo']");
  });

  it.each(['{history}', '{{history}}'])('replaces %s by the task and what was said', (placeholder) => {
    expect(filled(placeholder)).toBe('user: Plan a trip\n\nAnna: To Rome?\n\nBen: Too hot.');
  });

  it('replaces every occurrence', () => {
    expect(filled('{participants}|{{participants}}|{participants}')).toBe(
      "['Anna', 'Cleo']|['Anna', 'Cleo']|['Anna', 'Cleo']",
    );
  });

  it.each(['{}', '{"a": {"b": 1}}', '{role}', '{ roles }', '{Roles}', '{{other}}', '{history', '}{', '{0}'])(
    'leaves %s alone (trap: any other brace fails the run)',
    (text) => {
      expect(filled(`Choose. ${text} Now.`)).toBe(`Choose. ${text} Now.`);
    },
  );

  it('never substitutes in text that it has inserted', () => {
    const heard = [turn('Anna', 'I say {roles} {{history}} $& $1 {participants}')];
    const text = 'Anna: I say {roles} {{history}} $& $1 {participants}';
    expect(filled('{history}', { heard })).toBe(`user: Plan a trip\n\n${text}`);
    expect(filled('{roles}', { roles: [{ name: 'Anna', role: 'Use {participants}' }] })).toBe(
      'Anna: Use {participants}',
    );
  });

  it.each([null, '', ' \n'])('uses a prompt of its own for %j', (selectorPrompt) => {
    const prompt = ask({ selectorPrompt });
    expect(prompt).toContain('Ben: You doubt.');
    expect(prompt).toContain('Ben: Too hot.');
    expect(prompt).toContain("['Anna', 'Cleo']");
    expect(prompt).not.toMatch(/\{(roles|participants|history)\}/);
  });

  it.each([null, 'Choose.'])(
    'always ends with how to answer, naming the candidates only (prompt %j)',
    (selectorPrompt) => {
      expect(ask({ selectorPrompt })).toMatch(/\{"next_speaker": "<name>"\}.* exactly one of: Anna, Cleo\.$/);
    },
  );

  it('describes an agent by one line with the start of its prompt', () => {
    const role = `You are\n\n  a   planner. ${'x'.repeat(10_000)}`;
    const line = filled('{roles}', { roles: [{ name: 'Anna', role }] });
    expect(line).toMatch(/^Anna: You are a planner\. x+…$/);
    expect(line.length).toBeLessThan(220);
  });

  it('keeps the task and the newest messages of a long conversation', () => {
    const heard = Array.from({ length: 1_000 }, (_item, index) =>
      turn('Ben', `message ${index} ${'x'.repeat(100)}`),
    );
    const history = filled('{history}', { heard });
    expect(history.length).toBeLessThan(MAX_HISTORY_CHARACTERS + 500);
    expect(history.length).toBeGreaterThan(MAX_HISTORY_CHARACTERS - 500);
    expect(history).toMatch(/^user: Plan a trip\n\n…\n\nBen: message \d+ x/);
    expect(history).toMatch(/message 998 x+\n\nBen: message 999 x+$/);
  });

  it('keeps both ends of a long message and of a long task', () => {
    const long = `start: ${'🦙'.repeat(MAX_ENTRY_CHARACTERS)} end.`;
    const history = filled('{history}', { task: long, heard: [turn('Ben', long)] });
    expect(history).toMatch(/^user: start: 🦙.* … .*🦙 end\.\n\nBen: start: 🦙.* … .*🦙 end\.$/su);
    expect(history.isWellFormed()).toBe(true);
    expect(history.length).toBeLessThan(2 * MAX_ENTRY_CHARACTERS + 50);
  });
});
