import { missedBars } from './bars';
import { figuresOf } from './figures';
import { type StoredExperiment, type StoredTurn } from './stored';

const CHOICE = {
  method: 'selector',
  candidates: ['Ada', 'Bob'],
  attempts: 1,
  raw: 'Ada',
  tokens: 9,
} as const;

function aTurn(changes: Partial<StoredTurn> = {}): StoredTurn {
  return {
    speaker: 'Ada',
    kind: 'reply',
    state: 'completed',
    choice: CHOICE,
    task: null,
    parsed: null,
    formatError: null,
    handoff: null,
    tools: [],
    text: 'Hello.',
    calls: { reply: 1 },
    ...changes,
  };
}

function anExperiment(changes: Partial<StoredExperiment> = {}): StoredExperiment {
  return {
    runs: [{ state: 'completed', endedBy: 'max_turns', errorCode: null }],
    turns: [aTurn()],
    messages: [{ speaker: 'Ada', content: 'Hello.' }],
    ...changes,
  };
}

const handoffs = { targets: ['Bob'], by: 'json' } as const;
const handing = { choice: { ...CHOICE, attempts: 0 }, task: { kind: 'reply', handoffs } } as const;

describe(figuresOf, () => {
  it('counts choices of a model that it decided: also those of teams around it, and handoffs', () => {
    const turns = [
      aTurn(),
      aTurn({ choice: { ...CHOICE, method: 'fallback', attempts: 3 } }),
      aTurn({ choice: { ...CHOICE, method: 'round_robin', attempts: 0, via: [CHOICE] } }),
      aTurn({ ...handing, calls: { reply: 1, handoff: 1 } }),
      aTurn({ ...handing, calls: { reply: 1, handoff: 3 }, formatError: 'No.' }),
      aTurn({ ...handing, tools: ['transfer_to_bob'] }),
      aTurn({ ...handing, tools: ['call_bob', 'transfer_to_bob'], calls: { reply: 2 } }),
      aTurn(handing),
      aTurn({ ...handing, text: '{"name": "transfer_to_bob"}' }),
    ];
    expect(figuresOf('selector', 'moderate', anExperiment({ turns }))).toMatchObject({
      speakers: { of: 8, held: 5 },
      attempts: (1 + 3 + 1 + 1 + 3 + 1 + 2 + 1) / 8,
    });
  });

  it('knows a verdict that no manager gave behind a turn of the manager', () => {
    const ledger = {
      satisfied: false,
      in_loop: false,
      progress: false,
      instruction: 'Continue with the task.',
    };
    const manager = { ...CHOICE, method: 'manager', attempts: 3, ledger } as const;
    const turns = [
      aTurn({ choice: manager }),
      aTurn({ choice: { ...manager, ledger: { ...ledger, instruction: 'Add it up.' } } }),
    ];
    expect(figuresOf('magentic', 'strong', anExperiment({ turns })).speakers).toEqual({ of: 2, held: 1 });
  });

  it('counts ballots that could be read, and structured answers before and after a repair', () => {
    const judge = { speaker: 'Eva', choice: { ...CHOICE, attempts: 0 } };
    const turns = [
      aTurn({ kind: 'ballot' }),
      aTurn({ kind: 'ballot', formatError: 'The answer was empty.' }),
      aTurn({ ...judge, parsed: {} }),
      aTurn({ ...judge, parsed: {}, calls: { reply: 1, repair: 1 } }),
      aTurn({ ...judge, formatError: 'Cut off.', calls: { reply: 1, repair: 1 } }),
    ];
    expect(figuresOf('graph', 'moderate', anExperiment({ turns }))).toMatchObject({
      ballots: { of: 2, held: 1 },
      validAtOnce: { of: 3, held: 1 },
      valid: { of: 3, held: 2 },
    });
  });

  it('says which bars are missed, and none where there is nothing to judge', () => {
    const bad = anExperiment({
      runs: [{ state: 'error', endedBy: null, errorCode: 'NO_OPEN_EDGE' }],
      turns: [aTurn({ choice: { ...CHOICE, method: 'fallback' } })],
      messages: [{ speaker: 'Ada', content: 'Ada: Hi.\nBob: Hi.\n</think>' }],
    });
    expect(missedBars(figuresOf('selector', 'moderate', bad))).toEqual([
      'selector, moderate: speakers chosen without fallback: 0.0 %, at least 97 %',
      'selector, moderate: ended by a rule: 0.0 %, at least 99 %',
      'selector, moderate: messages that begin with the own name: 1',
      'selector, moderate: messages that speak for others: 1',
      'selector, moderate: messages with tags of thinking: 1',
    ]);
    expect(missedBars(figuresOf('selector', 'strong', bad))).toHaveLength(4);
    expect(missedBars(figuresOf('random', 'moderate', anExperiment({ turns: [] })))).toEqual([]);
    expect(figuresOf('selector', 'strong', bad).endings).toEqual({ NO_OPEN_EDGE: 1 });
  });
});
