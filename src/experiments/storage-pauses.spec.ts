import { Subject } from 'rxjs';
import { type Database } from '../database/database';
import { type ExperimentControl } from './experiment-control';
import { type ExperimentRepository } from './experiment.repository';
import { type ExperimentRunner } from './experiment-runner';
import { StoragePauses } from './storage-pauses';

describe('experiments on a full volume', () => {
  const storage = { isFull: false, changes: new Subject<boolean>() };
  const pausedByFault = new Subject<{ experimentId: string; reason: string }>();
  const paused = new Set<string>();
  const resumed = new Subject<string>();
  const runner = { pausedByFault, pauseForStorage: () => undefined, fill: () => undefined };
  const control = {
    resumeAfter: async (id: string) => {
      paused.delete(id);
      resumed.next(id);
      return true;
    },
  };
  const repository = { findPaused: async () => [...paused].map((id) => ({ id })) };
  const pauses = new StoragePauses(
    { storage } as unknown as Database,
    runner as unknown as ExperimentRunner,
    control as unknown as ExperimentControl,
    repository as unknown as ExperimentRepository,
  );
  const nextResumed = () => new Promise((resolve) => resumed.subscribe(resolve));

  beforeAll(() => pauses.onApplicationBootstrap());
  afterAll(() => pauses.onModuleDestroy());

  it('go on when there is room again', async () => {
    paused.add('a');
    const goesOn = nextResumed();
    storage.changes.next(false);
    expect(await goesOn).toBe('a');
  });

  it('go on when they come to their pause only after there is room again', async () => {
    storage.changes.next(false);
    paused.add('late');
    const goesOn = nextResumed();
    pausedByFault.next({ experimentId: 'late', reason: 'storage_full' });
    expect(await goesOn).toBe('late');
  });
});
