import { checkAgentNames, nameKey } from './agent-names';

const team = (...names: string[]) => names.map((name, index) => ({ id: `agent-${index}`, name }));

describe('checkAgentNames', () => {
  it.each([
    ['ASCII', 'Guide'],
    ['digits after the first character', 'agent_007'],
    ['an underscore first', '_private'],
    ['only an underscore', '_'],
    ['Latin with accents', 'Élodie'],
    ['a decomposed accent', 'E\u0301lodie'],
    ['Cyrillic', 'Проводник'],
    ['Greek', 'Σωκράτης'],
    ['Chinese', '小明'],
    ['Arabic', 'مرشد'],
    ['Devanagari with vowel signs', 'हिन्दी'],
    ['digits of another script', 'क१'],
    ['full-width letters', 'Ａｂ'],
    ['letters beyond the basic plane', '𝒜lice'],
    ['a keyword of Python', 'class'],
    ['a reserved word as part', 'system_2'],
    ['a property of every object', '__proto__'],
  ])('accepts %s', (_what, name) => {
    expect(checkAgentNames(team(name, 'Other'))).toBeNull();
  });

  it.each([
    ['a space', 'Tour Guide'],
    ['a leading space', ' Guide'],
    ['a line break at the end', 'Guide\n'],
    ['a digit first', '1st'],
    ['a digit of another script first', '१क'],
    ['a combining mark first', '\u0301e'],
    ['a hyphen', 'tour-guide'],
    ['a dot', 'tour.guide'],
    ['punctuation', 'Guide!'],
    ['an emoji', 'Guide🦙'],
    ['half a character', 'Guide\ud83d'],
    ['a zero width space', 'Gui\u200bde'],
    ['nothing', ''],
    ['user', 'user'],
    ['User', 'User'],
    ['System', 'System'],
    ['SYSTEM', 'SYSTEM'],
    ['full-width user', 'ｕｓｅｒ'],
  ])('refuses %s', (_what, name) => {
    expect(checkAgentNames(team('First', name))).toMatchObject({ index: 1, code: 'INVALID_AGENT_NAME' });
  });

  it.each([
    ['the same name', 'Guide', 'Guide'],
    ['names that differ only in case', 'Guide', 'gUIDE'],
    ['names that differ only in case, not ASCII', 'ÉLODIE', 'élodie'],
    ['composed and decomposed accents', 'É', 'E\u0301'],
    ['full-width and ordinary letters', 'Ａｂ', 'Ab'],
    ['sharp s and its capital', 'Straße', 'STRASSE'],
    ['final and medial sigma', 'ΣΑΣ', 'σασ'],
  ])('refuses %s twice', (_what, first, second) => {
    expect(checkAgentNames(team(first, 'Other', second))).toMatchObject({
      index: 2,
      code: 'DUPLICATE_AGENT_NAME',
    });
  });

  it('refuses an id that two agents have', () => {
    const agents = [
      { id: 'a', name: 'One' },
      { id: 'a', name: 'Two' },
    ];
    expect(checkAgentNames(agents)).toMatchObject({ index: 1, code: 'DUPLICATE_AGENT_ID' });
  });

  it('reports the first fault of the list', () => {
    const agents = [
      { id: 'a', name: 'One' },
      { id: 'a', name: 'Two' },
      { id: 'b', name: 'not allowed' },
    ];
    expect(checkAgentNames(agents)?.code).toBe('DUPLICATE_AGENT_ID');
  });

  it('names the agent and what is allowed', () => {
    expect(checkAgentNames(team('Tour Guide'))?.message).toBe(
      'Agent name "Tour Guide" is not allowed: use letters and digits of any script and "_", not starting with a digit.',
    );
    expect(checkAgentNames(team('Guide', 'GUIDE'))?.message).toContain(
      '"GUIDE" counts as the same as "Guide"',
    );
    expect(checkAgentNames(team('User'))?.message).toContain('reserved');
  });

  it('keeps a huge name out of the message', () => {
    expect(checkAgentNames(team('x '.repeat(100_000)))?.message.length).toBeLessThan(300);
  });
});

describe('nameKey', () => {
  it('is a fixed point: the key of a key is itself', () => {
    const names = ['Straße', 'ẞ', 'ΣΑΣ', 'İ', 'ŉ', 'ﬁ', 'K', 'ΐ', 'Ａｂ', '𝒜'];
    expect(names.map((name) => nameKey(nameKey(name)))).toEqual(names.map(nameKey));
  });
});
