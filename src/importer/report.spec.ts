import { Report } from './report';

function aReport(): Report {
  const report = new Report({ source: '/old', database: 'data/x.sqlite', timezone: 'UTC', isDryRun: false });
  report.count('experiments', 'imported');
  report.skip('runs', 'a\n\u001b[31m.json', 'is empty');
  report.skipRunsOf('c.json', 0);
  report.skipRunsOf('c.json', 2);
  report.note('b.json', 'was odd');
  return report;
}

describe(Report, () => {
  it('shows counts, what was left out and why, without control characters', () => {
    expect(aReport().asText()).toBe(
      [
        'Imported /old into data/x.sqlite (times without a zone: UTC)',
        '',
        '                 imported    updated  unchanged    skipped',
        'experiments             1          0          0          0',
        'runs                    0          0          0          3',
        'conversations           0          0          0          0',
        'pull tasks              0          0          0          0',
        'catalog                 0          0          0          0',
        '',
        'Skipped:',
        '  a\\u000a\\u001b[31m.json: is empty',
        '  c.json: its 2 runs were left out with it',
        '',
        'Notes:',
        '  b.json: was odd',
      ].join('\n'),
    );
  });

  it('is there as JSON too', () => {
    expect(JSON.parse(aReport().asJson())).toMatchObject({
      source: '/old',
      dry_run: false,
      counts: { experiments: { imported: 1, skipped: 0 }, runs: { skipped: 3 }, pull_tasks: {}, catalog: {} },
      skipped: [
        { kind: 'runs', path: 'a\n\u001b[31m.json', reason: 'is empty' },
        { kind: 'runs', path: 'c.json' },
      ],
      notes: [{ path: 'b.json', text: 'was odd' }],
    });
  });

  it('ends with 2 when something was left out', () => {
    expect(aReport().exitCode).toBe(2);
    expect(new Report({ source: '', database: '', timezone: '', isDryRun: true }).exitCode).toBe(0);
  });
});
