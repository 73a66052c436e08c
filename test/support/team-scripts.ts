/** What an agent says next, whenever that is: for turns that are taken side by side. */
export const saying = (agent: string, text: string, more: object = {}) => ({
  match: { system: `You are ${agent}` },
  text,
  ...more,
});

/** The answer of a selector. */
export const choosing = (name: string) => ({
  match: { system: 'decide who speaks next' },
  text: JSON.stringify({ next_speaker: name }),
});

/** The ledger of a magentic manager: not done, and who comes next. */
export const ledger = (speaker: string, changes: object = {}) => ({
  match: { system: 'You judge where its work stands' },
  text: JSON.stringify({
    satisfied: false,
    in_loop: false,
    progress: true,
    next_speaker: speaker,
    instruction: 'Go on.',
    ...changes,
  }),
});
