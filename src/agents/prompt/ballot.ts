import { type Ballot, type BallotTask } from '../turn-task';
import { findJsonObject, textsOfKey } from './json-answer';
import { NameFinder } from './name-finder';

/** What was voted, or what is wrong with the answer in a sentence that can be sent back to the model. */
export type BallotAnswer = { readonly ballot: Ballot } | { readonly problem: string };

export const ABSTAINED: Ballot = { ranking: [] };

/** Words for an abstention; the first that is no option counts. */
const ABSTENTIONS = ['abstain', 'none of them', 'no vote'];

/** JSON schema that lets a model name options only. */
export function ballotSchema(task: BallotTask): Record<string, unknown> {
  const key = keyOf(task);
  const option = { type: 'string', enum: task.isRanked ? [...task.options] : answersOf(task) };
  const count = task.options.length;
  return {
    type: 'object',
    properties: {
      [key]: task.isRanked
        ? { type: 'array', items: option, minItems: task.mayAbstain ? 0 : count, maxItems: count }
        : option,
    },
    required: [key],
    additionalProperties: false,
  };
}

/** Stands at the end of the question, since a schema alone does not tell a model what to write. */
export function ballotInstruction(task: BallotTask): string {
  const options = task.options.map((option) => JSON.stringify(option)).join(', ');
  if (task.isRanked) {
    const orNone = task.mayAbstain ? ' To abstain, answer {"ranking": []}.' : '';
    return `Answer with JSON only, in the form {"ranking": ["<best>", …, "<worst>"]}, with each of these exactly once, the best first: ${options}.${orNone}`;
  }
  const word = abstention(task);
  const abstain = word === null ? '' : ` To abstain, answer {"vote": "${word}"}.`;
  return `Answer with JSON only, in the form {"vote": "<option>"}, where <option> is exactly one of: ${options}.${abstain}`;
}

/** What the model is told after an answer that could not be read. */
export function ballotFeedback(problem: string, task: BallotTask): string {
  return `${problem} ${ballotInstruction(task)}`;
}

/** The message of a ballot, as everybody hears it. */
export function ballotText({ ranking }: Ballot): string {
  return ranking.length === 0 ? 'Abstained.' : `Vote: ${ranking.join(' > ')}`;
}

/**
 * Reads a vote: from JSON in whatever wrapping, from a piece of JSON, or from plain text that names options. Of several options
 * for one vote none is guessed. A ranking may leave options out, but names at least one, each once; in plain text it names all.
 */
export function readBallot(answer: string, task: BallotTask): BallotAnswer {
  const json = findJsonObject(answer);
  if ('value' in json && keyOf(task) in json.value) {
    return readValue(json.value[keyOf(task)], task);
  }
  if ('problem' in json && answer.trim() === '') {
    return json;
  }
  return task.isRanked ? readRankingText(answer, task) : readVoteText(answer, task);
}

function readValue(value: unknown, task: BallotTask): BallotAnswer {
  const texts = (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
  if (task.isRanked && Array.isArray(value) && value.length === 0) {
    return abstained(task);
  }
  const named = texts.map((text) => optionsIn(text, task));
  if (!task.isRanked && named.length === 1) {
    return oneOf(named[0] ?? [], task);
  }
  const ranking = [...new Set(named.flat())];
  const isClear = task.isRanked && (named.every(({ length }) => length === 1) || texts.length === 1);
  if (ranking.length === 0 || !isClear) {
    return { problem: ranking.length === 0 ? NOTHING : 'The answer was not clear.' };
  }
  return ranking.length === 1 && ranking[0] === abstention(task)
    ? abstained(task)
    : { ballot: { ranking: ranking.filter((option) => task.options.includes(option)) } };
}

const NOTHING = 'The answer named none of the options.';

function readVoteText(answer: string, task: BallotTask): BallotAnswer {
  const texts = textsOfKey(answer, keyOf(task)) ?? [answer];
  return oneOf([...new Set(texts.flatMap((text) => optionsIn(text, task)))], task);
}

/** What follows the key where it is cut off, else the whole text. */
function readRankingText(answer: string, task: BallotTask): BallotAnswer {
  const after = /["']ranking["']\s*:/.exec(answer);
  const named = finderOf(task).find(after === null ? answer : answer.slice(after.index + after[0].length));
  const ranking = named.filter((option) => task.options.includes(option));
  if (ranking.length === 0) {
    return named.length === 0 ? { problem: NOTHING } : abstained(task);
  }
  return after !== null || ranking.length === task.options.length
    ? { ballot: { ranking } }
    : { problem: 'The answer did not rank all options.' };
}

function oneOf(named: readonly string[], task: BallotTask): BallotAnswer {
  const [option, ...more] = named;
  if (option === undefined) {
    return { problem: NOTHING };
  }
  if (more.length > 0) {
    return {
      problem: `The answer named more than one option: ${named.map((name) => JSON.stringify(name)).join(', ')}.`,
    };
  }
  return option === abstention(task) ? abstained(task) : { ballot: { ranking: [option] } };
}

function abstained({ mayAbstain }: BallotTask): BallotAnswer {
  return mayAbstain ? { ballot: ABSTAINED } : { problem: 'Nobody may abstain.' };
}

/** Options in a text: the one that it is, else all that it names. */
function optionsIn(text: string, task: BallotTask): string[] {
  const key = textKey(text);
  const same = answersOf(task).filter((option) => textKey(option) === key);
  return same.length === 1 ? same : finderOf(task).find(text);
}

/** Form in which texts that differ in case, white space and quotes only are equal. */
function textKey(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/["'`*]/g, '')
    .replace(/\s+/g, ' ')
    .replace(/[.!]+$/, '')
    .trim();
}

function finderOf(task: BallotTask): NameFinder {
  return new NameFinder(answersOf(task));
}

function answersOf(task: BallotTask): string[] {
  const word = abstention(task);
  return word === null ? [...task.options] : [...task.options, word];
}

function abstention({ mayAbstain, options }: BallotTask): string | null {
  const taken = new Set(options.map(textKey));
  return mayAbstain ? (ABSTENTIONS.find((word) => !taken.has(word)) ?? null) : null;
}

function keyOf({ isRanked }: BallotTask): 'ranking' | 'vote' {
  return isRanked ? 'ranking' : 'vote';
}
