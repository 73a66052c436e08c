import { isDeepStrictEqual } from 'node:util';
import { ConversationScanner, type Part } from './conversation-scanner';
import { JsonFault, parseJson } from './json-stretch';

const LIMITS = { maxMessageBytes: 1_000, maxMessages: 100, maxHeadBytes: 1_000, maxDepth: 8 };

interface Found {
  readonly conversations: unknown[];
  readonly parts: readonly Part[];
}

/** Scans a text in chunks of a size and puts its conversations together again. */
function scan(text: string | Buffer, chunkSize = 7, limits = LIMITS): Found {
  const bytes = Buffer.from(text);
  const scanner = new ConversationScanner(limits);
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    parts.push(...scanner.write(bytes.subarray(at, at + chunkSize)));
  }
  parts.push(...scanner.end());
  const conversations: unknown[] = [];
  let messages: unknown[] = [];
  for (const part of parts) {
    const value = part.isTooDeep || part.isTooLarge ? null : parseJson(part);
    if (part.kind === 'message') {
      messages.push(value);
    } else {
      conversations.push(part.messageLists > 0 ? { ...(value as object), messages } : value);
      messages = [];
    }
  }
  return { conversations, parts };
}

function faultOf(text: string | Buffer, chunkSize?: number): JsonFault {
  try {
    scan(text, chunkSize);
  } catch (error) {
    if (error instanceof JsonFault) {
      return error;
    }
    throw error;
  }
  throw new Error(`nothing is wrong with ${text.toString()}`);
}

/** The conversations that JSON.parse finds; undefined when the text is no JSON. */
function parsed(text: string): unknown[] | undefined {
  try {
    const whole: unknown = JSON.parse(text);
    return Array.isArray(whole) ? whole : [whole];
  } catch {
    return undefined;
  }
}

/** The same of the scanner. */
function scanned(text: string, chunkSize: number): unknown[] | undefined | 'messages twice' {
  try {
    const { conversations, parts } = scan(text, chunkSize);
    const isTwice = parts.some((part) => part.kind === 'conversation' && part.messageLists > 1);
    return isTwice ? 'messages twice' : conversations;
  } catch (error) {
    if (error instanceof JsonFault) {
      return undefined;
    }
    throw error;
  }
}

const TEXTS = [
  '{}',
  '  { } ',
  '{"messages":[]}',
  '{"messages":[ ]}',
  '{"title":"x","messages":[{"a":[1,{"b":"]}"}]},2,"three",[4],null],"after":{"messages":[1,2]}}',
  String.raw`{"m\u0065ssages":[{"content":"\"],[\\"}],"x":"messages"}`,
  '{"messages":{"messages":[1]},"x":[{"messages":[1]}]}',
  '{"messages":"[1,2]"}',
  '[{"messages":[1]},{"messages":[2,3],"agents":[]},{},5,"x",[{"messages":[1]}]]',
  '[]',
  ' [ ] ',
  '"text"',
  '5',
  'null',
  '{"ü":"😀","messages":["ß"]}',
];

describe('ConversationScanner', () => {
  it.each(TEXTS)('finds in %s what JSON.parse finds, however the text is cut', (text) => {
    const whole: unknown = JSON.parse(text);
    const expected = Array.isArray(whole) ? whole : [whole];
    for (const chunkSize of [1, 2, 3, 5, 8, 1_000]) {
      expect(scan(text, chunkSize).conversations).toEqual(expected);
    }
  });

  it('takes and refuses the same texts as JSON.parse when characters are added, taken away or changed', () => {
    const characters = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      ' ',
      '1',
      'a',
      '\n',
      'messages',
      '"messages":[',
    ];
    let seed = 1;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const differences: unknown[] = [];
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      let text = TEXTS[next(TEXTS.length)] ?? '';
      for (let change = next(3); change >= 0; change--) {
        const at = next(text.length + 1);
        text = text.slice(0, at) + (characters[next(characters.length)] ?? '') + text.slice(at + next(3));
      }
      text = text.toWellFormed();
      const chunkSize = 1 + next(9);
      const expected = parsed(text);
      refused += expected === undefined ? 1 : 0;
      const found = scanned(text, chunkSize);
      if (found !== 'messages twice' && !isDeepStrictEqual(found, expected)) {
        differences.push({ text, chunkSize, found, expected });
      }
    }
    expect(differences).toEqual([]);
    expect(refused).toBeGreaterThan(5_000);
  });

  it('tells where each conversation stands, so that it can be read again', () => {
    const text = '[ {"messages":[1]} ,\n{"title":"ü"}]';
    const bytes = Buffer.from(text);
    const places = scan(text).parts.flatMap((part) =>
      part.kind === 'conversation' ? [bytes.subarray(part.start, part.end).toString()] : [],
    );
    expect(places.map((place) => JSON.parse(place) as unknown)).toEqual([{ messages: [1] }, { title: 'ü' }]);
  });

  it.each([
    ['', 0, 'There is no text'],
    [' \n', 2, 'There is no text'],
    ['{"messages":[1', 14, 'The text ends in the middle'],
    ['{"a":"b', 7, 'The text ends in the middle'],
    ['[{}', 3, 'The text ends in the middle'],
    ['{"messages":[1,,2]}', 15, 'A message is missing'],
    ['{"messages":[1,]}', 15, 'A message is missing'],
    ['{"messages":[,1]}', 13, 'A message is missing'],
    ['[{},]', 4, 'An item of the list is missing'],
    ['[1]2', 3, 'Unexpected text after the list'],
    ['{"a":[}]', 6, 'Unexpected closing bracket'],
    ['}', 0, 'Unexpected closing bracket'],
    ['{"messages":[1],"a":nope}', 20, 'Unexpected token'],
    ['{"messages":[{"a":1},{"b" 2}]}', 26, "Expected ':'"],
    [Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), 0, 'byte order mark'],
    [Buffer.from('\ufeff{}', 'utf16le'), 0, 'byte order mark'],
    [Buffer.from('{}', 'utf16le'), 1, ''],
    [Buffer.from('{"messages":["\xfc"]}', 'latin1'), 13, 'not UTF-8'],
  ])('says what is wrong with %j, and where', (text, position, reason) => {
    const fault = faultOf(text);
    expect(fault.message).toContain(reason);
    // Node's parser tells the place of some faults only: then it is the beginning of what it was given.
    expect([position, 0]).toContain(fault.position);
  });

  it('holds no more of a value than is allowed', () => {
    const { parts } = scan(`[{"messages":["${'x'.repeat(2_000)}","y"]},{"title":"${'x'.repeat(2_000)}"},{}]`);
    expect(parts.map(({ kind, isTooLarge, bytes }) => [kind, isTooLarge, bytes.length])).toEqual([
      ['message', true, 0],
      ['message', false, 3],
      ['conversation', false, 15],
      ['conversation', true, 0],
      ['conversation', false, 2],
    ]);
  });

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
  ])('notices nesting that is too deep, however deep (%s)', (open, close) => {
    const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
    const limits = { ...LIMITS, maxMessageBytes: 10_000_000, maxHeadBytes: 10_000_000 };
    const deep = (text: string) => scan(text, 65_536, limits).parts.map(({ isTooDeep }) => isTooDeep);
    expect(deep(`[{"messages":[${nested(6)},${nested(7)},1],"x":${nested(7)}},{"x":${nested(8)}}]`)).toEqual([
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(deep(`{"messages":[${nested(100_000)},1]}`)).toEqual([true, false, false]);
  });

  it.each([1, 7, 65_536])('only counts the messages above the limit, in chunks of %i', (chunkBytes) => {
    const limits = { ...LIMITS, maxMessages: 2 };
    const text = '[{"messages":[1,2,[3,4],{"a":"5,"},6],"x":1},{"messages":[7]}]';
    const parts = scan(text, chunkBytes, limits).parts;
    expect(parts.map(({ kind, bytes }) => [kind, bytes.toString()])).toEqual([
      ['message', '1'],
      ['message', '2'],
      ['conversation', '{"messages":[],"x":1}'],
      ['message', '7'],
      ['conversation', '{"messages":[]}'],
    ]);
    expect(parts.filter(({ kind }) => kind === 'conversation')).toMatchObject([
      { messageCount: 5 },
      { messageCount: 1 },
    ]);
    expect(() => scan('{"messages":[1,2,3,,4]}', chunkBytes, limits)).toThrow(JsonFault);
  });

  it('counts the lists of messages, since of two nobody knows which one counts', () => {
    const [part] = scan('{"messages":[1],"messages":[2]}').parts.slice(-1);
    expect(part).toMatchObject({ kind: 'conversation', messageLists: 2 });
  });
});
