import { type StopLeaf, type StopRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';

/**
 * What stop rules mean, said again in the plainest way for tests: each rule is looked at after each turn with everything that was
 * said until then. Words of the test vocabulary are parted by blanks.
 * @returns the turn with which the rule comes to hold; null = it does not
 */
export function earliestTurn(rule: StopRule, records: readonly TurnRecord[]): number | null {
  if ('any' in rule) {
    const turns = rule.any.map((part) => earliestTurn(part, records)).filter((turn) => turn !== null);
    return turns.length === 0 ? null : Math.min(...turns);
  }
  if ('all' in rule) {
    const turns = rule.all.map((part) => earliestTurn(part, records));
    return turns.includes(null) ? null : Math.max(...turns.map(Number));
  }
  const index = records.findIndex((last, at) => holds(rule, records.slice(0, at + 1), last));
  return records[index]?.turn ?? null;
}

/** Whether a rule holds with the last of some turns. */
function holds(rule: StopLeaf, records: readonly TurnRecord[], last: TurnRecord): boolean {
  const said = records.filter(({ state }) => state === 'completed');
  const counted = records.filter(({ kind }) => kind === 'reply' || kind === 'skip');
  const isSaid = last.state === 'completed';
  switch (rule.type) {
    case 'max_turns':
      return counted.length >= rule.turns;
    case 'max_messages':
      return said.length >= rule.messages;
    case 'text':
      return isSaid && isFrom(rule.from, last) && last.text.split(rule.text).length > 1;
    case 'pattern':
      return (
        isSaid &&
        isFrom(rule.from, last) &&
        new RegExp(rule.pattern, rule.ignore_case ? 'i' : '').exec(last.text) !== null
      );
    case 'tokens': {
      const prompt = sum(records.map(({ promptTokens }) => promptTokens));
      const completion = sum(records.map(({ completionTokens }) => completionTokens));
      return (
        (rule.prompt !== undefined && prompt >= rule.prompt) ||
        (rule.completion !== undefined && completion >= rule.completion) ||
        (rule.total !== undefined && prompt + completion >= rule.total)
      );
    }
    case 'active_seconds':
      return last.activeMs / 1000 >= rule.seconds;
    case 'handoff':
      return last.handoff === rule.to;
    case 'source':
      return isSaid && isFrom(rule.from, last);
    case 'tool':
      return last.tools.some((tool) => tool === rule.name);
    case 'agreement': {
      const isTested = counted.includes(last) && counted.length % (rule.every ?? 1) === 0;
      return isTested && isAgreed(rule, said);
    }
    case 'repetition':
      return mostRepeats(words(last.text), rule.words) >= rule.times;
    case 'stall':
      return (
        counted.length >= rule.turns &&
        counted.slice(-rule.turns).every((turn) => !isNew(turn, counted, rule.similarity)) &&
        counted.at(-1) === last
      );
  }
}

function isFrom(from: readonly string[] | undefined, { speaker }: TurnRecord): boolean {
  return from === undefined || from.some((name) => name === speaker);
}

function isAgreed(rule: Extract<StopLeaf, { type: 'agreement' }>, said: readonly TurnRecord[]): boolean {
  const asked = rule.agents ?? [...new Set(said.map(({ speaker }) => speaker))];
  const latest = asked.map((name) => said.findLast(({ speaker }) => speaker === name)?.text ?? '');
  const agreeing =
    rule.by === 'text'
      ? latest.filter((text) => text.includes(rule.text ?? '')).length
      : Math.max(0, ...latest.filter(Boolean).map((text) => latest.filter((other) => other === text).length));
  const isEnough = agreeing / asked.length >= rule.share - 1e-9;
  return (
    isEnough &&
    agreeing > 0 &&
    (rule.by === 'text' ? rule.agents !== undefined || asked.length > 1 : agreeing > 1)
  );
}

/** How often the run of words that is there most often is there, without overlaps. */
function mostRepeats(all: readonly string[], length: number): number {
  const runs = all.slice(length - 1).map((_word, begin) => all.slice(begin, begin + length).join(' '));
  const repeats = runs.map((run) => {
    let count = 0;
    for (let begin = 0; begin < runs.length; begin += runs[begin] === run ? length : 1) {
      count += runs[begin] === run ? 1 : 0;
    }
    return count;
  });
  return Math.max(0, ...repeats);
}

function isNew(turn: TurnRecord, all: readonly TurnRecord[], similarity: number): boolean {
  const own = terms(turn.text);
  const earlier = all.slice(0, all.indexOf(turn)).filter(({ state }) => state === 'completed');
  return (
    turn.state === 'completed' &&
    earlier.every(({ text }) => {
      const other = terms(text);
      const shared = [...own].filter((term) => other.has(term)).length;
      return shared / (own.size + other.size - shared) < similarity;
    })
  );
}

/** A character of a script without blanks counts together with the next word. */
function terms(text: string): Set<string> {
  const all = words(text);
  return new Set(all.map((word, index) => (word === '好' ? word + (all[index + 1] ?? '') : word)));
}

function words(text: string): string[] {
  return text.toLowerCase().split(' ').filter(Boolean);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
