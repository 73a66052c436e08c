import { Report } from '../report';
import { Findings } from './findings';
import { type Head } from './head';

const head = (id: string, changes: Partial<Head> = {}): Head => ({
  id,
  title: null,
  experimentId: null,
  iteration: null,
  createdAt: null,
  ...changes,
});

describe(Findings, () => {
  let report: Report;
  let findings: Findings;

  beforeEach(() => {
    report = new Report({ source: '', database: '', timezone: '', isDryRun: false });
    findings = new Findings(report);
  });

  const addExperiment = (id: string, group: string | null = null) =>
    findings.addExperiment({ id, path: `${id}.json`, isOlder: group !== null, group });
  const addOlder = (found: Head, path: string, group: string | null = null) =>
    findings.addOlderRun(found, { path, group, fileNumber: null });
  const shown = () => {
    const { experiments, conversations } = findings.result();
    return [
      ...experiments.flatMap(({ id, runs }) => runs.map((run) => `${id} ${run.iteration} ${run.path}`)),
      ...conversations.map(({ id, path }) => `${id} ${path}`),
    ];
  };
  const reasons = () => report.skipped.map(({ path, reason }) => `${path}: ${reason}`);

  it('gives older runs to the experiment that they name, by field, by id, or by lying beside it', () => {
    addExperiment('a');
    addExperiment('b', 'Trip');
    addOlder(head('x', { experimentId: 'a', iteration: 2 }), 'x.json');
    addOlder(head('a_1', { iteration: 1 }), 'y.json');
    addOlder(head('z'), 'z.json', 'Trip');
    findings.settleOlderRuns();
    expect(shown()).toEqual(['a 1 y.json', 'a 2 x.json', 'b 1 z.json']);
  });

  it('takes a file that names no experiment for a saved conversation where several could be meant', () => {
    addExperiment('a', 'Trip');
    addExperiment('b', 'Trip');
    addOlder(head('x'), 'x.json', 'Trip');
    findings.settleOlderRuns();
    expect(shown()).toEqual(['x x.json']);
  });

  it('numbers older runs by the titles that the old server gave them', () => {
    addExperiment('a');
    addOlder(head('x', { experimentId: 'a', title: 'Run 10' }), 'x.json');
    addOlder(head('y', { experimentId: 'a', title: 'Dataset item 9' }), 'y.json');
    findings.settleOlderRuns();
    expect(shown()).toEqual(['a 9 y.json', 'a 10 x.json']);
  });

  it('leaves out what is there twice, and runs without their experiment', () => {
    const experiment = addExperiment('a');
    expect(addExperiment('a')).toBeUndefined();
    if (experiment) {
      findings.addRun(experiment, { path: '1.json', iteration: 1, isOlder: false });
    }
    addOlder(head('x', { experimentId: 'a', iteration: 1 }), 'x.json');
    addOlder(head('y', { experimentId: 'gone' }), 'y.json');
    findings.settleOlderRuns();
    findings.addSaved(head('c'), 'c.json', false);
    findings.addSaved(head('c'), 'd.json', false);
    expect(shown()).toEqual(['a 1 1.json', 'c c.json']);
    expect(reasons()).toEqual([
      'a.json: has the same id as a.json',
      'y.json: its experiment gone is not there',
      'x.json: is run 1 of experiment a, as is 1.json',
      'd.json: has the same id as c.json',
    ]);
  });

  it('takes the title of an edited copy for its run, and the copy for a run that is gone', () => {
    const experiment = addExperiment('a');
    if (experiment) {
      findings.addRun(experiment, { path: '1.json', iteration: 1, isOlder: false });
    }
    findings.addSaved(head('a_1', { title: 'Mine' }), 'c.json', false);
    findings.addSaved(head('a_1', { title: 'Again' }), 'd.json', false);
    findings.addSaved(head('a_2', { title: 'Left' }), 'e.json', false);
    findings.addSaved(head('a_02'), 'f.json', false);
    findings.addSaved(head('b_1'), 'g.json', false);
    expect(shown()).toEqual(['a 1 1.json', 'a 2 e.json', 'a_02 f.json', 'b_1 g.json']);
    expect([...findings.result().runTitles]).toEqual([['a_1', 'Mine']]);
    expect(reasons()).toEqual(['d.json: is a second edited copy of the run a_1']);
  });
});
