import { PromptMessage } from './matching';
import { lastSpoken, namesInConversation } from './names';
import {
  ANSWERS,
  ASPECTS,
  CLAIMS,
  CLOSINGS,
  DETAILS,
  OPENINGS,
  REACTIONS,
  STANCES,
  THOUGHTS,
} from './phrases';
import { Random } from './random';
import { findTopic } from './topic';

/** What an answer is made from. */
export interface TextRequest {
  messages: readonly PromptMessage[];
  random: Random;
  words: { min: number; max: number };
}

interface Slots {
  topic: string;
  point: string;
  name: string | undefined;
}

/** Believable conversational text that reacts to the task and the last message; the same input gives the same text. */
export function generateText({ messages, random, words }: TextRequest): string {
  const name = askedForName(messages, random);
  if (name !== undefined) {
    return name;
  }
  const word = askedForWord(messages, random);
  if (word?.isAll === true) {
    return word.text;
  }
  const slots = readSlots(messages, random);
  const said = messages.map(({ content }) => content.slice(-20_000)).join('\n');
  const closing = random.chance(0.7) ? fill(choose(CLOSINGS, said, random), slots) : '';
  // Room is kept for the closing sentence; where the answer must be very short, it is the whole answer.
  const limit = words.max - countWords(closing);
  const target = random.integer(words.min, words.max) - countWords(closing);
  const sentences: string[] = [];
  const middle = [CLAIMS, STANCES[stanceOf(messages)], DETAILS, CLAIMS];
  // Bounded: where no sentence fits, the answer stays short rather than being looked for for ever.
  for (let round = 0; round < 4 + words.max && countWords(sentences.join(' ')) < target; round += 1) {
    const templates = round === 0 ? openings(messages, slots) : (middle[round % middle.length] ?? CLAIMS);
    const sentence = fill(choose(templates, `${said} ${sentences.join(' ')}`, random), slots);
    if (countWords(`${sentences.join(' ')} ${sentence}`) <= limit) {
      sentences.push(sentence);
    }
  }
  sentences.push(closing);
  const text = sentences.filter(Boolean).join(' ');
  const whole = fitLength(text === '' ? fill(random.pick(CLAIMS), slots) : text, words);
  return word ? `${whole} ${word.text}` : whole;
}

/** A sentence for a field of a JSON answer. */
export function generateSentence(messages: readonly PromptMessage[], random: Random): string {
  return fill(random.pick([...ANSWERS, ...CLAIMS]), readSlots(messages, random));
}

/** What a thinking model says to itself before the answer; `sentences` grows with the level of thinking. */
export function generateThinking(
  messages: readonly PromptMessage[],
  random: Random,
  sentences: number,
): string {
  const slots = readSlots(messages, random);
  const thoughts: string[] = [];
  while (thoughts.length < sentences) {
    thoughts.push(fill(choose(THOUGHTS, thoughts.join(' '), random), slots));
  }
  return thoughts.join(' ');
}

function readSlots(messages: readonly PromptMessage[], random: Random): Slots {
  const spoken = messages.filter(({ role }) => role !== 'system');
  const last = lastSpoken(spoken.at(-1)?.content ?? '');
  const names = namesInConversation(spoken).join(' ').toLowerCase();
  const task = spoken.find(({ role }) => role === 'user')?.content ?? '';
  const topic = findTopic(task, names) ?? 'this question';
  return { topic, point: pointOf(last.text, names, random) ?? topic, name: last.name };
}

/** What the last message is about. One that another simulated speaker wrote is about the aspect it names, or moves on to one. */
function pointOf(text: string, names: string, random: Random): string | undefined {
  const isSimulated = [...CLAIMS, ...DETAILS, ...CLOSINGS].some((template) =>
    text.includes(longestPiece(template)),
  );
  if (!isSimulated) {
    return findTopic(text, names);
  }
  const named = ASPECTS.filter((aspect) => text.includes(aspect));
  return random.pick(named.length > 0 && random.chance(0.7) ? named : ASPECTS);
}

function openings(messages: readonly PromptMessage[], { name }: Slots): readonly string[] {
  const isQuestion = messages.at(-1)?.content.trimEnd().endsWith('?') === true;
  const plain = isQuestion ? ANSWERS : OPENINGS;
  if (name === undefined) {
    return plain;
  }
  return isQuestion ? [...ANSWERS, ...REACTIONS] : REACTIONS;
}

function stanceOf(messages: readonly PromptMessage[]): keyof typeof STANCES {
  const system = (messages.find(({ role }) => role === 'system')?.content ?? '').slice(0, 4000).toLowerCase();
  if (/critic|critique|skeptic|sceptic|devil|doubt|review|challenge/.test(system)) {
    return 'critical';
  }
  if (/creativ|poet|artist|writer|imagin|dream|story|design/.test(system)) {
    return 'creative';
  }
  if (/engineer|practical|pragmat|plan|manage|operator|expert|econom/.test(system)) {
    return 'practical';
  }
  return /summar|moderat|facilitat|mediat|judge|host/.test(system) ? 'summing' : 'neutral';
}

/** Prefers a sentence that was not said yet: a long conversation should not go round in circles. */
function choose(templates: readonly string[], said: string, random: Random): string {
  const fresh = templates.filter((template) => !said.includes(longestPiece(template)));
  return random.pick(fresh.length > 0 ? fresh : templates);
}

function longestPiece(template: string): string {
  return template
    .split(/\{\w+\}/)
    .reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
}

function fill(template: string, { topic, point, name }: Slots): string {
  const filled = template
    .replaceAll('{topic}', topic)
    .replaceAll('{point}', point)
    .replaceAll('{name}', name ?? 'you');
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

function countWords(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

function fitLength(text: string, { min, max }: TextRequest['words']): string {
  const words = text.split(' ');
  if (words.length > max) {
    return `${words
      .slice(0, max)
      .join(' ')
      .replace(/[,;:.!?]+$/, '')}.`;
  }
  const fillers = ['And', 'that', 'is', 'how', 'I', 'see', 'it', 'today.'];
  for (let index = 0; words.length < min; index += 1) {
    words.push(fillers[index % fillers.length] ?? 'too');
  }
  return words.join(' ');
}

/** "Only return the name", with candidates in brackets or in the conversation: the answer is one of them. */
function askedForName(messages: readonly PromptMessage[], random: Random): string | undefined {
  const instructions = messages.map(({ content }) => content.slice(-4000)).join('\n');
  if (!/\bonly (?:return|reply|respond|answer)\b[^.\n]{0,60}\b(?:name|role|speaker)\b/i.test(instructions)) {
    return undefined;
  }
  const listed = /\[([^\]\n]{1,500})\]/
    .exec(instructions)?.[1]
    ?.split(',')
    .map((name) => name.trim().replace(/['"]/g, ''));
  const candidates = (listed ?? namesInConversation(messages)).filter(Boolean);
  return candidates.length > 0 ? random.pick(candidates) : undefined;
}

const ASKED_WORD =
  /\b(?:write|say|(?:answer|reply|respond|end) with)\s+["']?(\p{Lu}{2,30}(?: \p{Lu}{1,30}){0,4}|\p{Lu}(?: \p{Lu}{2,30}){1,4})["']?( and nothing else)?/u;

/** "If nothing has to be changed, answer with APPROVED": now and then the answer has that word, as the last or the only one. */
function askedForWord(
  messages: readonly PromptMessage[],
  random: Random,
): { text: string; isAll: boolean } | undefined {
  const found = ASKED_WORD.exec((messages.at(-1)?.content ?? '').slice(-4000));
  const text = found?.[1];
  if (text === undefined || !random.chance(0.3)) {
    return undefined;
  }
  return { text, isAll: found?.[2] !== undefined };
}
