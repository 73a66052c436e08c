import { type ExperimentList } from '../../src/experiments/dto/experiment-answers.dto';
import { anAgent, anExperiment } from '../support/factories';
import { withServer } from '../support/with-server';

describe('the list of experiments', () => {
  const server = withServer();
  /** Oldest first. */
  const ids: string[] = [];

  beforeAll(async () => {
    await server.simulator.control('config', { models: ['llama3.2:3b', 'qwen3:8b', 'mistral:latest'] });
    for (const model of ['llama3.2:3b', 'qwen3:8b', 'mistral', 'nobody', 'llama3.2:3b']) {
      const request = anExperiment({ agents: [anAgent('Solo', { model })] });
      const { experiment } = await server.run(request);
      ids.push(experiment.experiment_id);
    }
  });

  const newest = (...places: number[]) => places.map((place) => ids[ids.length - place]);
  const ask = async (query: string) => {
    const answer = await server.api.get<ExperimentList>(`/api/experiments${query}`);
    return { ...answer, ids: answer.body.experiments?.map(({ experiment_id }) => experiment_id) };
  };

  it('is whole, newest first, and has no cursor when no page is asked for', async () => {
    const { body, ids: listed } = await ask('');
    expect(listed).toEqual(newest(1, 2, 3, 4, 5));
    expect(Object.keys(body)).toEqual(['experiments']);
  });

  it('gives each experiment once, page by page, and null after the last', async () => {
    const pages: unknown[] = [];
    let cursor: string | null | undefined = undefined;
    do {
      const query: string = cursor === undefined ? '?limit=2' : `?limit=2&cursor=${cursor}`;
      const { body, ids: listed } = await ask(query);
      pages.push(listed);
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(pages).toEqual([newest(1, 2), newest(3, 4), newest(5)]);
  });

  it('ends with null when the last page is full', async () => {
    const { body } = await ask('?limit=5');
    expect(body.next_cursor).toBeNull();
  });

  it.each([
    ['?status=error', [2]],
    ['?status=completed', [1, 3, 4, 5]],
    ['?status=running', []],
    ['?model=llama3.2:3b', [1, 5]],
    ['?model=mistral:latest', [3]],
    ['?model=MISTRAL', [3]],
    ['?model=llama3.2', []],
    ['?model=llama3.2:3b&status=completed&limit=1', [1]],
  ])('is narrowed down by %s', async (query, places) => {
    expect((await ask(query)).ids).toEqual(newest(...places));
  });

  it('is narrowed down to a span of time: from its start, without its end', async () => {
    const { body } = await ask('');
    const from = body.experiments[3]?.created_at;
    const to = body.experiments[1]?.created_at;
    expect((await ask(`?from=${from}&to=${to}`)).ids).toEqual(newest(3, 4));
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?limit=x', 'limit'],
    ['?cursor=x', 'cursor'],
    ['?cursor=', 'cursor'],
    ['?status=paused', 'status'],
    ['?from=yesterday', 'from'],
    ['?model=%20', 'model'],
  ])('refuses %s and names the field', async (query, field) => {
    expect(await server.api.get(`/api/experiments${query}`)).toMatchObject({
      status: 422,
      body: { code: 'VALIDATION_FAILED', detail: [{ loc: ['query', field] }] },
    });
  });
});
