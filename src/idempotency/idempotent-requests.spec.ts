import {
  type Answered,
  IdempotentRequests,
  type KeyedRequest,
  type Reservation,
  type ReservationStore,
} from './idempotent-requests';

class Refused extends Error {}

/** Keys in memory. It fails while `isBroken`, as a locked database does. */
class MemoryStore implements ReservationStore {
  readonly rows = new Map<string, Reservation>();
  isBroken = false;

  async find(request: KeyedRequest): Promise<Reservation | null> {
    return this.rows.get(nameOf(request)) ?? null;
  }

  async reserve(request: KeyedRequest): Promise<string> {
    const resourceId = `id-${this.rows.size + 1}`;
    this.set(request, { requestHash: request.requestHash, resourceId, status: null, answer: null });
    return resourceId;
  }

  async complete(request: KeyedRequest, status: number, answer: string): Promise<void> {
    const row = this.rows.get(nameOf(request));
    if (row) {
      this.set(request, { ...row, status, answer });
    }
  }

  async release(request: KeyedRequest): Promise<void> {
    this.assertWorks();
    this.rows.delete(nameOf(request));
  }

  private set(request: KeyedRequest, row: Reservation): void {
    this.assertWorks();
    this.rows.set(nameOf(request), row);
  }

  private assertWorks(): void {
    if (this.isBroken) {
      throw new Error('the store is broken');
    }
  }
}

const nameOf = ({ key, route }: KeyedRequest) => `${key} ${route}`;

const aRequest = (changes: Partial<KeyedRequest> = {}): KeyedRequest => ({
  key: 'k1',
  route: 'POST /things',
  requestHash: 'hash-1',
  ...changes,
});

describe('IdempotentRequests', () => {
  let store: MemoryStore;
  let requests: IdempotentRequests;
  let storeFailures: unknown[];
  /** Ids that the work was done with, in order. */
  let worked: string[];

  /** The same keys in a new process. */
  const restart = () => {
    requests = new IdempotentRequests(store, {
      isRefusal: (error) => error instanceof Refused,
      onStoreFailure: (error) => storeFailures.push(error),
    });
  };

  beforeEach(() => {
    store = new MemoryStore();
    storeFailures = [];
    worked = [];
    restart();
  });

  const create = async (id: string): Promise<Answered> => {
    worked.push(id);
    return { status: 201, body: { id } };
  };
  const failWith = (error: Error) => async (id: string) => {
    worked.push(id);
    throw error;
  };

  it('does the work of the first request, with an id that is stored before', async () => {
    const answer = await requests.run(aRequest(), async (id) => {
      expect([...store.rows.values()]).toMatchObject([{ resourceId: id, status: null }]);
      return create(id);
    });
    expect(answer).toEqual({ status: 201, body: { id: 'id-1' }, isReplayed: false });
  });

  it('gives the answer again, after a restart too, without doing the work', async () => {
    await requests.run(aRequest(), create);
    const again = { status: 201, body: { id: 'id-1' }, isReplayed: true };
    expect(await requests.run(aRequest(), create)).toEqual(again);
    restart();
    expect(await requests.run(aRequest(), create)).toEqual(again);
    expect(worked).toEqual(['id-1']);
  });

  it('gives an answer without a body again', async () => {
    await requests.run(aRequest(), async () => ({ status: 204, body: undefined }));
    expect(await requests.run(aRequest(), create)).toEqual({ status: 204, body: null, isReplayed: true });
  });

  it('refuses the key with another body, whether the first request is finished, open or in progress', async () => {
    const other = aRequest({ requestHash: 'hash-2' });
    await requests.run(aRequest(), async (id) => {
      await expect(requests.run(other, create)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
      return create(id);
    });
    await expect(requests.run(other, create)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    const open = aRequest({ key: 'k2' });
    await expect(requests.run(open, failWith(new Error('broken')))).rejects.toThrow('broken');
    await expect(requests.run({ ...open, requestHash: 'hash-2' }, create)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(worked).toEqual(['id-1', 'id-2']);
  });

  it('lets one of many requests at once do the work and sends the others away', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => requests.run(aRequest(), create)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results.filter(({ status }) => status === 'rejected')).toEqual(
      Array.from({ length: 19 }, () => ({
        status: 'rejected',
        reason: expect.objectContaining({ code: 'IDEMPOTENCY_IN_PROGRESS' }),
      })),
    );
    expect(worked).toEqual(['id-1']);
  });

  it('tells the same key on two routes apart, and two keys on one', async () => {
    await requests.run(aRequest(), create);
    await requests.run(aRequest({ route: 'POST /others', requestHash: 'hash-2' }), create);
    await requests.run(aRequest({ key: 'k2', requestHash: 'hash-3' }), create);
    expect(worked).toEqual(['id-1', 'id-2', 'id-3']);
  });

  it('forgets the key of a request that was refused, so that it can be corrected', async () => {
    const refused = new Refused('no');
    await expect(requests.run(aRequest(), failWith(refused))).rejects.toBe(refused);
    expect(store.rows.size).toBe(0);
    const corrected = await requests.run(aRequest({ requestHash: 'hash-2' }), create);
    expect(corrected).toMatchObject({ status: 201, isReplayed: false });
  });

  it('does the work again with the same id after a fault of ours', async () => {
    await expect(requests.run(aRequest(), failWith(new Error('broken')))).rejects.toThrow('broken');
    expect(await requests.run(aRequest(), create)).toMatchObject({ isReplayed: false });
    expect(worked).toEqual(['id-1', 'id-1']);
  });

  it('does the work again with the same id when the process ended before the answer was stored', async () => {
    void requests.run(aRequest(), () => new Promise(() => undefined));
    await Promise.resolve();
    restart();
    expect(await requests.run(aRequest(), create)).toMatchObject({ body: { id: 'id-1' }, isReplayed: false });
  });

  it('does not do the work when the key cannot be stored', async () => {
    store.isBroken = true;
    await expect(requests.run(aRequest(), create)).rejects.toThrow('the store is broken');
    expect(worked).toEqual([]);
    store.isBroken = false;
    expect(await requests.run(aRequest(), create)).toMatchObject({ isReplayed: false });
  });

  it('answers although the answer cannot be stored, and says so', async () => {
    const answer = await requests.run(aRequest(), (id) => {
      store.isBroken = true;
      return create(id);
    });
    expect(answer).toMatchObject({ status: 201, body: { id: 'id-1' } });
    expect(storeFailures).toHaveLength(1);
    store.isBroken = false;
    expect(await requests.run(aRequest(), create)).toMatchObject({ body: { id: 'id-1' }, isReplayed: false });
  });

  it('throws what the work threw although the key cannot be forgotten', async () => {
    const refused = new Refused('no');
    const failed = requests.run(aRequest(), async () => {
      store.isBroken = true;
      throw refused;
    });
    await expect(failed).rejects.toBe(refused);
    expect(storeFailures).toHaveLength(1);
  });

  it.each([
    [1_048_576, false],
    [1_048_577, true],
  ])('keeps an answer of %i bytes in its short form: %s', async (bytes, isShort) => {
    // The letter takes two bytes; the quotes are counted.
    const text = `${'ä'.repeat(Math.floor((bytes - 2) / 2))}${bytes % 2 === 0 ? '' : 'a'}`;
    const first = await requests.run(
      aRequest(),
      async () => ({ status: 200, body: text }),
      () => 'short',
    );
    expect(first.body).toBe(text);
    const again = await requests.run(aRequest(), create);
    expect(again).toEqual({ status: 200, body: isShort ? 'short' : text, isReplayed: true });
  });
});
