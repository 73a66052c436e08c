import { type Scenario } from '../scenario';
import { LONG_FORM, SHORT_FORM, slowWatchers as watchSlowly } from '../slow-watchers';

/** Clients that do not read cost neither memory nor the others (R14), and can come back for what they missed. */
export const slowWatchers: Scenario = async ({ seed, short, findings, tell }) => {
  const form = short ? SHORT_FORM : LONG_FORM;
  const { figures, problems } = await watchSlowly({ ...form, seed, log: tell });
  problems.forEach((problem) => findings.fail(problem));
  return { rounds: 1, figures };
};
