import { mkdirSync, rmSync } from 'node:fs';
import { type Simulator, startSimulator } from './simulator';
import { temporaryFolder } from './test-app';

/** What outlives a server that is killed. */
export interface Surroundings {
  readonly simulator: Simulator;
  /** A folder of data for each test. */
  readonly folder: string;
}

/** Registers the hooks of a test file whose servers are killed and started again. */
export function withDataFolder(): Surroundings {
  let simulator: Simulator;
  let folder: string;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  beforeEach(() => {
    folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
  });
  afterEach(async () => {
    await simulator.reset();
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => simulator.stop());
  return {
    get simulator() {
      return simulator;
    },
    get folder() {
      return folder;
    },
  };
}
