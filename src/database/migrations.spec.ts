import { Logger } from '@nestjs/common';
import { DataSource, Table } from 'typeorm';
import { loadSettings } from '../config/load-settings';
import { schema } from '../schema';
import { writerOptions } from './database';
import { databaseIn, temporaryFolder } from './testing/temporary-database';

describe('the migrations', () => {
  let folder: ReturnType<typeof temporaryFolder>;

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  const open = () =>
    new DataSource(writerOptions(loadSettings({ DATA_DIRECTORY: folder.path }), schema)).initialize();
  const tablesOf = async (source: DataSource) =>
    (
      await source.query<{ name: string }[]>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
    ).map(({ name }) => name);

  /** Takes migrations back, the newest first, up to and with one. */
  const undoTo = async (source: DataSource, name: string) => {
    for (const migration of source.migrations.toReversed()) {
      await source.undoLastMigration({ transaction: 'each' });
      if (migration.name === name) {
        break;
      }
    }
  };

  it('make exactly the tables that the entities describe', async () => {
    const source = await open();
    await source.runMigrations({ transaction: 'each' });
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    await source.destroy();

    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('would show a table that differs', async () => {
    const source = await open();
    await source.runMigrations({ transaction: 'each' });
    const runner = source.createQueryRunner();
    await runner.dropColumn((await runner.getTable('turns')) as Table, 'thinking');
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    await runner.release();
    await source.destroy();

    expect(upQueries.map(({ query }) => query).join('\n')).toContain('thinking');
  });

  it('can be taken back to nothing and made again', async () => {
    const source = await open();
    await source.runMigrations({ transaction: 'each' });
    const made = await tablesOf(source);
    for (const _migration of source.migrations) {
      await source.undoLastMigration({ transaction: 'each' });
    }
    expect(await tablesOf(source)).toEqual(['migrations']);
    await source.runMigrations({ transaction: 'each' });
    expect(await tablesOf(source)).toEqual(made);
    await source.destroy();

    expect(made).toEqual(
      expect.arrayContaining(['conversations', 'events', 'experiments', 'messages', 'model_calls', 'turns']),
    );
  });

  it('keep what an older release stored', async () => {
    const [initial] = schema.migrations as (new () => object)[];
    const older = await new DataSource(
      writerOptions(loadSettings({ DATA_DIRECTORY: folder.path }), {
        ...schema,
        migrations: [initial as new () => object],
      }),
    ).initialize();
    await older.runMigrations({ transaction: 'each' });
    await older.query(
      `INSERT INTO experiments (id, title, state, task, agents, rules, iterations, root_seed, timeout_seconds, created_at)
       VALUES ('e', 'T', 'completed', '{}', '[]', '{}', 1, 7, 60, '2026-01-01T00:00:00.000Z')`,
    );
    await older.query(
      `INSERT INTO conversations (id, experiment_id, iteration, title, state, prompt, created_at)
       VALUES ('e_1', 'e', 1, 'Run 1', 'completed', 'Hi', '2026-01-01T00:00:00.000Z')`,
    );
    await older.query(
      `INSERT INTO messages (message_id, conversation_id, seq, agent_id, speaker, content, created_at)
       VALUES ('m', 'e_1', 1, 'a', 'System', 'Hi', '2026-01-01T00:00:00.000Z')`,
    );
    await older.destroy();

    const database = databaseIn(folder.path, schema);
    await database.open();
    expect(
      await database.read.query(
        `SELECT c.title, m.content FROM experiments e JOIN conversations c ON c.experiment_id = e.id
           JOIN messages m ON m.conversation_id = c.id`,
      ),
    ).toEqual([{ title: 'Run 1', content: 'Hi' }]);
    expect(await database.read.query('PRAGMA foreign_key_check')).toEqual([]);
    await database.write((tx) => tx.query(`DELETE FROM experiments WHERE id = 'e'`));
    expect(await database.read.query('SELECT * FROM messages')).toEqual([]);
    await database.close();
  });

  it('write the rules of an older release down as teams, and back', async () => {
    const source = await open();
    await source.runMigrations({ transaction: 'each' });
    await undoTo(source, 'Teams1795700000000');
    const stop = { maxTurns: 6, termination: 'DONE' };
    const old: object[] = [
      { type: 'single' },
      { type: 'round_robin', ...stop },
      {
        type: 'selector',
        ...stop,
        termination: null,
        allowRepeatSpeaker: true,
        selectorPrompt: 'Choose.',
        maxConsecutiveTurns: 2,
        fallback: 'fail',
      },
    ];
    for (const [index, rules] of old.entries()) {
      await source.query(
        `INSERT INTO experiments (id, title, state, task, agents, rules, iterations, root_seed, timeout_seconds, created_at)
         VALUES (?, 'T', 'running', '{}', ?, ?, 1, 7, 60, '2026-01-01T00:00:00.000Z')`,
        [
          index,
          JSON.stringify(index === 0 ? [{ name: 'A' }] : [{ name: 'A' }, { name: 'B' }]),
          JSON.stringify(rules),
        ],
      );
    }
    const stored = async () =>
      (await source.query<{ rules: string }[]>('SELECT rules FROM experiments ORDER BY id')).map(
        ({ rules }) => JSON.parse(rules) as object,
      );
    await source.runMigrations({ transaction: 'each' });
    const turns = { type: 'max_turns', turns: 6 };
    expect(await stored()).toEqual([
      {
        origin: 'single',
        team: { type: 'round_robin', participants: ['A'] },
        stop: { type: 'max_turns', turns: 1 },
        maxTurns: 1000,
      },
      {
        origin: 'chat_rules',
        team: { type: 'round_robin', participants: ['A', 'B'] },
        stop: { any: [{ type: 'text', text: 'DONE' }, turns] },
        maxTurns: 1000,
      },
      {
        origin: 'chat_rules',
        team: {
          type: 'selector',
          participants: ['A', 'B'],
          allow_repeated_speaker: true,
          max_attempts: 3,
          fallback: 'fail',
          selector_prompt: 'Choose.',
          max_consecutive_turns: 2,
        },
        stop: { any: [turns] },
        maxTurns: 1000,
      },
    ]);
    await undoTo(source, 'Teams1795700000000');
    expect(await stored()).toEqual(old);
    await source.destroy();
  });

  it('give each run the active time that its turns had within the experiment, and back', async () => {
    const source = await open();
    await source.runMigrations({ transaction: 'each' });
    await undoTo(source, 'Scheduling1795800000000');
    await source.query(
      `INSERT INTO experiments (id, title, state, task, agents, rules, iterations, root_seed, timeout_seconds, created_at, active_ms)
       VALUES ('e', 'T', 'paused', '{}', '[]', '{}', 2, 7, 60, '2026-01-01T00:00:00.000Z', 9000)`,
    );
    const runs = [
      ['e_1', 1, 'completed', 0],
      ['e_2', 2, 'running', 5000],
    ];
    const turns = [
      ['e_1', 1, 2000],
      ['e_1', 2, 4900],
      ['e_2', 1, 8000],
    ];
    for (const run of runs) {
      await source.query(
        `INSERT INTO conversations (id, experiment_id, iteration, title, state, prompt, created_at, active_ms_at_start)
         VALUES (?, 'e', ?, 'Run', ?, 'Hi', '2026-01-01T00:00:00.000Z', ?)`,
        run,
      );
    }
    for (const [id, turn, activeMs] of turns) {
      await source.query(
        `INSERT INTO turns (id, conversation_id, turn, attempt, agent_id, speaker, state, choice, context_upto_seq, started_at, active_ms)
         VALUES (?, ?, ?, 1, 'a', 'A', 'completed', '{}', 0, '2026-01-01T00:00:00.000Z', ?)`,
        [`${id}-${turn}`, id, turn, activeMs],
      );
    }
    const times = async (table: string) =>
      (await source.query<{ active_ms: number }[]>(`SELECT active_ms FROM ${table} ORDER BY id`)).map(
        ({ active_ms }) => active_ms,
      );
    await source.runMigrations({ transaction: 'each' });
    expect(await times('turns')).toEqual([2000, 4900, 3000]);
    expect(await times('conversations')).toEqual([4900, 4000]);

    await undoTo(source, 'Scheduling1795800000000');
    expect(await times('turns')).toEqual([2000, 4900, 8000]);
    expect(await source.query('SELECT active_ms_at_start FROM conversations ORDER BY id')).toEqual([
      { active_ms_at_start: 0 },
      { active_ms_at_start: 5000 },
    ]);
    await source.destroy();
  });

  it('run once: an opened database stays as it is', async () => {
    for (let start = 0; start < 2; start += 1) {
      const database = databaseIn(folder.path, schema);
      await database.open();
      expect(await database.read.query('SELECT COUNT(*) AS n FROM migrations')).toEqual([
        { n: (schema.migrations as unknown[]).length },
      ]);
      await database.close();
    }
  });
});
