import { type Question } from '../engine';
import { deriveSeed, pick } from '../seed';
import { type PlannedTurn } from '../team-step';
import { placeKey } from '../turn-record';
import { type Line, type Script } from './play';
import { AGENTS, VOCABULARY } from './vocabulary';

/**
 * Models that say anything, decided by nothing but the seed and what they are asked: the same turn gets the same line whenever
 * it is taken. The times at which turns end are in disorder, as those of turns side by side are.
 */
export function randomScript(seed: number): Required<Pick<Script, 'say' | 'answer'>> {
  return {
    say: (turn, planned) => randomLine(seed, turn, planned),
    answer: (question, attempt) => randomAnswer(seed, question, attempt),
  };
}

/** Draws numbers from 0 to n - 1, each for a purpose of its own. */
function lots(seed: number, key: string) {
  return (purpose: string, n: number): number => pick(deriveSeed(seed, key, 0, purpose), n);
}

function randomLine(seed: number, turn: number, { place, task }: PlannedTurn): Line {
  const draw = lots(seed, `${turn}${placeKey(place)}`);
  const words = Array.from({ length: draw('length', 7) }, (_item, index) =>
    oneOf(VOCABULARY, draw(`word${index}`, 600)),
  );
  const targets = task.handoffs?.targets ?? AGENTS;
  const options = task.ballot?.options ?? [];
  return {
    text: words.join(' '),
    handoff: draw('hands over', 3) === 0 ? oneOf(targets, draw('target', 60)) : null,
    tools: draw('calls', 5) === 0 ? ['add', oneOf(['look_up', 'other'], draw('tool', 2))] : [],
    parsed:
      task.kind === 'ballot'
        ? { ranking: options.filter((_option, index) => draw(`ranks${index}`, 3) > 0) }
        : { choice: oneOf(VOCABULARY, draw('choice', 600)) },
    promptTokens: draw('prompt', 40),
    completionTokens: draw('completion', 20),
    activeMs: turn * 1000 + draw('time', 3000),
  };
}

function randomAnswer(seed: number, { candidates, messages, purpose }: Question, attempt: number): string {
  const draw = lots(seed, JSON.stringify([messages, attempt]));
  const name = oneOf([...candidates, ...AGENTS, 'nobody'], draw('name', 6000));
  if (purpose === 'selector') {
    return oneOf([`{"next_speaker": "${name}"}`, `I think ${name}.`, name, ''], draw('form', 4));
  }
  const ledger = {
    satisfied: draw('satisfied', 6) === 0,
    in_loop: draw('loop', 3) === 0,
    progress: draw('progress', 2) === 0,
    next_speaker: name,
    instruction: 'Go on.',
  };
  return draw('form', 4) === 0 ? 'no ledger' : JSON.stringify(ledger);
}

function oneOf<T>(items: readonly T[], lot: number): T {
  return items[lot % items.length] as T;
}
