/** What random runs are made of: few agents and few words, so that everything comes together now and then. */
export const AGENTS = ['A', 'B', 'C', 'D'] as const;
export const VOCABULARY = ['DONE', 'yes', 'no', 'maybe', '42', '好'] as const;
