import { type AgreementRule } from '../definition/stop-rule';
import { type TurnRecord } from '../turn-record';
import { answerOf } from './answer-of';
import { clipped, type Met } from './met';
import { RememberedFold } from './remembered-fold';
import { isCounted } from './turn-limits';

/** The latest message of an agent, and what it agrees to with it: the text, its answer, or nothing. */
interface Voice {
  readonly agreesTo: string | null;
  readonly text: string;
}

interface Talk {
  readonly turns: number;
  readonly voices: ReadonlyMap<string, Voice>;
  readonly met: Met;
}

/** The detail is the text, or the answer that is shared. */
export function agreed(rule: AgreementRule, records: readonly TurnRecord[]): Met {
  return talks.after(rule, records).met;
}

const talks = new RememberedFold<AgreementRule, Talk>(
  { turns: 0, voices: new Map(), met: null },
  (rule, talk, records, index) => {
    const record = records[index];
    if (talk.met || !record) {
      return talk;
    }
    const voices =
      record.state === 'completed'
        ? new Map(talk.voices).set(record.speaker, voiceOf(rule, record))
        : talk.voices;
    if (!isCounted(record)) {
      return { ...talk, voices };
    }
    const turns = talk.turns + 1;
    const shared = turns % (rule.every ?? 1) === 0 ? agreement(rule, voices) : null;
    return { turns, voices, met: shared === null ? null : { turn: record.turn, detail: clipped(shared) } };
  },
);

function voiceOf(rule: AgreementRule, { text }: TurnRecord): Voice {
  const agreesTo = rule.by === 'answer' ? answerOf(text) : includedText(rule.text, text);
  return { agreesTo: agreesTo === '' ? null : agreesTo, text };
}

function includedText(wanted: string | undefined, text: string): string | null {
  return wanted !== undefined && text.includes(wanted) ? wanted : null;
}

/**
 * What enough of those who are asked agree to, or null. Agents that are named and have not spoken yet agree to nothing. An answer
 * is shared by two at least.
 */
function agreement({ by, agents, share }: AgreementRule, voices: ReadonlyMap<string, Voice>): string | null {
  const asked = new Set(agents ?? voices.keys());
  if (agents === undefined && asked.size < 2) {
    return null;
  }
  const groups = new Map<string, Voice[]>();
  for (const voice of [...asked].map((agent) => voices.get(agent))) {
    if (voice && voice.agreesTo !== null) {
      groups.set(voice.agreesTo, [...(groups.get(voice.agreesTo) ?? []), voice]);
    }
  }
  // 0.7 of 10 is 7, whatever the product of the fractions comes to.
  const needed = Math.max(Math.ceil(share * asked.size - 1e-9), by === 'answer' ? 2 : 1);
  const [first] = [...groups.values()].find((group) => group.length >= needed) ?? [];
  return first ? (by === 'answer' ? first.text : first.agreesTo) : null;
}
