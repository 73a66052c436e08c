import { type Agent } from './agent';
import { TurnTextFilter } from './turn-text-filter';

const agentNamed = (name: string): Agent => ({
  id: `id-${name}`,
  name,
  prompt: `You are ${name}.`,
  model: 'm:1b',
  color: '#10B981',
  options: {},
});
const filterFor = (own = 'Alice', others: readonly string[] = ['Bob', 'Carol_2']): TurnTextFilter => {
  const agents = [own, ...others].map(agentNamed);
  return new TurnTextFilter({ agent: agentNamed(own), agents });
};

const filterInCrowd = (): TurnTextFilter =>
  filterFor('Alice', [...Array.from({ length: 62 }, (_item, n) => `Agent_${n}`), 'x'.repeat(100)]);

interface Filtered {
  readonly text: string;
  readonly thinking: string;
  readonly cutAt: string | null;
}

function run(chunks: readonly string[], filter = filterFor()): Filtered {
  const out = [...chunks.map((chunk) => filter.push(chunk)), filter.end()];
  return {
    text: out.map(({ text }) => text).join(''),
    thinking: out.map(({ thinking }) => thinking).join(''),
    cutAt: filter.cutAt,
  };
}

/** A generator of its own, so that a failing case is the same next time. */
function random(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * n);
  };
}

const inChunks = (raw: string, below: (n: number) => number, longest: number): string[] => {
  const chunks: string[] = [];
  for (let at = 0; at < raw.length; at += chunks.at(-1)?.length ?? 1) {
    chunks.push(raw.slice(at, at + 1 + below(longest)));
  }
  return chunks;
};

describe('TurnTextFilter', () => {
  it.each<[string, string, Partial<Filtered>]>([
    ['leaves ordinary text alone', 'Hello. How\nare you?', { text: 'Hello. How\nare you?' }],
    ['drops outer whitespace', '\n\n  Hello \n\n there \t\n', { text: 'Hello \n\n there' }],
    ['gives nothing for whitespace', ' \n\t ', { text: '' }],
    ['gives nothing for nothing', '', { text: '' }],

    ['moves thinking out of the text', '<think>Hm.</think>\n\nHello', { text: 'Hello', thinking: 'Hm.' }],
    ['trims thinking', '<thinking>\nHm. \n</thinking>Hello', { text: 'Hello', thinking: 'Hm.' }],
    ['takes unclosed thinking for thinking', '<think>Hm.\nBob: x', { text: '', thinking: 'Hm.\nBob: x' }],
    ['knows thinking after text', 'A <think>b</think> C', { text: 'A  C', thinking: 'b' }],
    [
      'does not cut in thinking',
      '<think>x\nBob: y</think>Hi',
      { text: 'Hi', thinking: 'x\nBob: y', cutAt: null },
    ],
    ['keeps an own name in thinking', '<think>Alice: x</think>Hi', { text: 'Hi', thinking: 'Alice: x' }],

    ['strips the own name', 'Alice: Hello', { text: 'Hello' }],
    ['strips the bold own name, colon inside', '**Alice:** Hello', { text: 'Hello' }],
    ['strips the bold own name, colon outside', '**Alice**: Hello', { text: 'Hello' }],
    ['strips the own name in brackets', '[Alice]: Hello', { text: 'Hello' }],
    ['strips the own name twice', ' Alice: **Alice:**\nAlice:Hello', { text: 'Hello' }],
    ['strips the own name after thinking', '<think>x</think>\nAlice: Hello', { text: 'Hello' }],
    ['strips the own name before thinking', 'Alice: <think>x</think>Alice: Hello', { text: 'Hello' }],
    ['gives nothing for the own name only', 'Alice:', { text: '' }],
    ['keeps the own name as a word', 'Alice', { text: 'Alice' }],
    ['keeps half a form of the own name', '**Alice: Hello**', { text: '**Alice: Hello**' }],
    ['keeps the own name in another case', 'ALICE: Hello', { text: 'ALICE: Hello' }],
    ['keeps the own name later', 'Hi\nAlice: more', { text: 'Hi\nAlice: more', cutAt: null }],
    ['keeps bold text that begins like a name', '**All** good', { text: '**All** good' }],

    ['cuts at the line of another', 'Hello.\nBob: Hi!\nAlice: x', { text: 'Hello.', cutAt: 'Bob' }],
    ['cuts at the bold name of another', 'Hello.\n**Bob:** Hi!', { text: 'Hello.', cutAt: 'Bob' }],
    ['cuts at the bold name, colon outside', 'Hello.\n\n**Bob**: Hi!', { text: 'Hello.', cutAt: 'Bob' }],
    ['cuts at the name in brackets', 'Hello.\n[Carol_2]: Hi!', { text: 'Hello.', cutAt: 'Carol_2' }],
    ['keeps a bold name amid a line', 'Ask **Bob:** he\n**Bob** knows', { cutAt: null }],
    ['cuts after blank lines', 'Hello.\n\n \nCarol_2: Hi', { text: 'Hello.', cutAt: 'Carol_2' }],
    ['cuts before anything is said', '\nBob: Hi', { text: '', cutAt: 'Bob' }],
    ['cuts right after the own name', 'Alice:\nBob: Hi', { text: '', cutAt: 'Bob' }],
    ['cuts at the first of several', 'x\nCarol_2: y\nBob: z', { text: 'x', cutAt: 'Carol_2' }],
    ['drops thinking after the cut', 'x\nBob: <think>y</think>', { text: 'x', thinking: '', cutAt: 'Bob' }],
    ['drops thinking after the cut, to the end', 'x\nBob: <think>y</th', { thinking: '', cutAt: 'Bob' }],
    ['keeps an answer that addresses another', 'Bob: what now?', { text: 'Bob: what now?', cutAt: null }],
    [
      'keeps another name amid a line',
      'I ask\nyou, Bob: why?',
      { text: 'I ask\nyou, Bob: why?', cutAt: null },
    ],
    ['keeps another name in another case', 'x\nbob: y', { text: 'x\nbob: y', cutAt: null }],
    ['keeps a longer name', 'x\nBobby: y\nCarol_22: z', { text: 'x\nBobby: y\nCarol_22: z', cutAt: null }],
    ['keeps half a line of another at the end', 'x\nBob', { text: 'x\nBob', cutAt: null }],
  ])('%s, however it is chunked', (_what, raw, expected) => {
    const whole = run([raw]);
    expect(whole).toMatchObject(expected);
    expect(run(raw.split(''))).toEqual(whole);
  });

  it.each([
    ['signs of patterns', 'A.*(b)', '+$[x]\\'],
    ['other scripts', '小明', 'Проводник'],
    ['letters beyond the basic plane', '𝒜', '𝒜𝒷'],
    ['a name that begins the other', 'Bo', 'Bob'],
    ['a property of every object', '__proto__', 'constructor'],
  ])('knows names with %s', (_what, own, other) => {
    const raw = `${own}: Hello ${other}.\n${own}: more\n${other}: Hi`;
    const expected = { text: `Hello ${other}.\n${own}: more`, cutAt: other };
    expect(run([raw], filterFor(own, [other]))).toMatchObject(expected);
    expect(run(raw.split(''), filterFor(own, [other]))).toMatchObject(expected);
  });

  it('does not take a name for a pattern', () => {
    expect(run(['x\nAxxb: y'], filterFor('Alice', ['A.*b']))).toMatchObject({
      text: 'x\nAxxb: y',
      cutAt: null,
    });
  });

  it('cuts nothing for an agent alone', () => {
    expect(run(['x\nBob: y'], filterFor('Alice', []))).toMatchObject({ text: 'x\nBob: y', cutAt: null });
  });

  it('is cut as soon as the colon has come, and drops all that follows', () => {
    const filter = filterFor();
    filter.push('Hello.\nBob');
    expect(filter.isCut).toBe(false);
    filter.push(':');
    expect(filter.isCut).toBe(true);
    expect([filter.push(' more'), filter.push('<think>x'), filter.end()]).toEqual(
      Array.from({ length: 3 }, () => ({ text: '', thinking: '' })),
    );
  });

  describe('numbers of speakers', () => {
    const numbered = (): TurnTextFilter => {
      const agent = { ...agentNamed('Alice'), attribution: 'system' as const };
      return new TurnTextFilter({ agent, agents: [agent, agentNamed('Bob'), agentNamed('Carol_2')] });
    };

    it.each<[string, string, Partial<Filtered>]>([
      ['strips an echoed one', '[1] Hello', { text: 'Hello' }],
      ['strips it before the own name', '[2] Alice: Hello', { text: 'Hello' }],
      ['cuts at the line of another', 'Hello.\n[2] Hi!', { text: 'Hello.', cutAt: 'Carol_2' }],
      ['keeps a number that nobody has', '[3] Hello\n[4] x', { text: '[3] Hello\n[4] x', cutAt: null }],
      ['keeps one amid a line', 'As [1] says', { text: 'As [1] says', cutAt: null }],
    ])('%s', (_what, raw, expected) => {
      expect(run([raw], numbered())).toMatchObject(expected);
      expect(run([...raw], numbered())).toMatchObject(expected);
    });

    it('mean nothing where speakers are told apart by name', () => {
      expect(run(['[1] A source\n[2] Another'])).toMatchObject({
        text: '[1] A source\n[2] Another',
        cutAt: null,
      });
    });
  });

  describe('thinking that is closed but was not opened', () => {
    it.each<[string, string[], Partial<Filtered>]>([
      [
        'is thinking in a whole answer',
        ['Hm.\nBob: x</think>\nHello'],
        { text: 'Hello', thinking: 'Hm.\nBob: x', cutAt: null },
      ],
      [
        'is thinking when only held text came before',
        ['\nAli', 'ce</think>Hello'],
        { text: 'Hello', thinking: 'Alice' },
      ],
      [
        'is thinking with the own name before it',
        ['Alice:', ' Hm.</think>Alice: Hello'],
        { text: 'Hello', thinking: 'Alice: Hm.' },
      ],
      ['is thinking when a block came before', ['<think>a</think>b</think>c'], { text: 'c', thinking: 'ab' }],
      [
        'loses only the tag when it was shown',
        ['Hm. ', 'Yes', '</think>', '\nHello'],
        { text: 'Hm. Yes\nHello', thinking: '' },
      ],
    ])('%s', (_what, chunks, expected) => {
      expect(run(chunks)).toMatchObject(expected);
    });
  });

  it('gives the same however the stream is chunked', () => {
    const fragments = ['Hello', ' ', '\n', '\n\n', 'Alice:', '**Alice:**', '[Alice]:', 'Bob', 'Bob:', '\nBob:', 'Carol_2', '\nCarol_2:',
      '<think>', '<thinking>', ' why? ', '<', '`', '*', '[', ':', '🦙', '<thi', '\t']; // prettier-ignore
    const below = random(42);
    for (let round = 0; round < 500; round += 1) {
      const pieces = Array.from({ length: below(14) }, () => fragments[below(fragments.length)] ?? '');
      // A closing tag only where one is open: what an unopened one does depends on what was shown.
      const raw = pieces
        .map((piece) => (piece.startsWith('<think') ? `${piece}deep thought</think>` : piece))
        .join('');
      const whole = run([raw]);
      expect(run(inChunks(raw, below, 4))).toEqual(whole);
      expect(run(inChunks(raw, below, 1))).toEqual(whole);
      expect([whole.text, whole.thinking]).toEqual([whole.text.trim(), whole.thinking.trim()]);
      expect(whole.text).not.toMatch(/\n(?:Bob|Carol_2):/);
    }
  });

  it('holds back no more than a marker can be long, and ordinary words not at all', () => {
    const raw =
      'Well, 1 < 2. I ask\nBobby and **Al** [Carol]:\n<b>what\nCarol_3</b> does <thinner> here.\n'.repeat(3);
    const longest = '**Alice**:'.length;
    const filter = filterFor();
    let shown = '';
    for (let at = 0; at < raw.length; at += 1) {
      shown += filter.push(raw.charAt(at)).text;
      const soFar = raw.slice(0, at + 1).trimEnd();
      expect(soFar.startsWith(shown)).toBe(true);
      expect(soFar.length - shown.length).toBeLessThan(longest);
    }
    expect(filterFor().push('Well')).toEqual({ text: 'Well', thinking: '' });
  });

  it('has nothing more to give after its end', () => {
    for (const raw of ['Ali', 'x\nBo', 'x <thi', '<think>y</thi']) {
      const filter = filterFor();
      run([raw], filter);
      expect(filter.end()).toEqual({ text: '', thinking: '' });
    }
  });

  it('shows thinking while it streams', () => {
    const filter = filterFor();
    expect(filter.push('<think>Let me')).toEqual({ text: '', thinking: 'Let me' });
    expect(filter.push(' see')).toEqual({ text: '', thinking: ' see' });
  });

  it.each([
    ['words', 'word '],
    ['blank lines', '\n'],
    ['lines that begin like a long name', `\n${'x'.repeat(99)}`],
    ['half tags', '<thinkin'],
    ['own names', 'Alice: '],
    ['closing tags', 'x</think>'],
  ])('is linear: 1 MB of %s passes quickly, at once and by the character', (_what, unit) => {
    const raw = `${unit.repeat(Math.ceil(1_000_000 / unit.length))}.`;
    const start = performance.now();
    run([raw], filterInCrowd());
    const byCharacter = filterInCrowd();
    for (let at = 0; at < raw.length; at += 1) {
      byCharacter.push(raw.charAt(at));
    }
    byCharacter.end();
    // Quadratic work would take minutes; the limit leaves room for a busy machine.
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
