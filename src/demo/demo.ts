import { join } from 'node:path';
import { loadSettingsHere, SettingsError } from '../config/load-settings';
import { type Settings } from '../config/settings.schema';
import { type StatusData } from '../live/event-types';
import { addressesOf } from './addresses';
import { startExperiment, waitForHealth } from './api-client';
import { freePort } from './api-port';
import { type Paint } from './colours';
import { DemoError } from './demo-error';
import { LiveView } from './live-view';
import { type Programs } from './programs';
import { SAMPLE_EXPERIMENT } from './sample-experiment';
import { type Screen } from './screen';
import { experimentStarted, introduction, serverStarted, summary, whatNow } from './texts';
import { watchExperiment } from './watch-experiment';

/** Slow enough to read along, quick enough not to wait. */
const SIMULATOR_ARGS = ['--port', '0', '--tokens-per-second', '30', '--load-ms', '400'];

/**
 * Starts simulator and server, shows the sample experiment while it runs, and tells what can be done next. The
 * programs go on running.
 * @throws DemoError when something fails
 */
export async function runDemo(programs: Programs, screen: Screen, paint: Paint): Promise<void> {
  const settings = settingsHere();
  const setting = { paint, width: screen.textWidth };
  const dataDirectory = join(settings.dataDirectory, 'demo');
  screen.print(introduction(setting));

  const simulatorUrl = await startSimulator(programs);
  const port = await freePort(settings.apiPort, settings.apiHost);
  const { shown, own } = addressesOf(settings.apiHost, port);
  const server = programs.start({
    name: 'The server',
    script: 'main.js',
    env: {
      OLLAMA_URL: simulatorUrl,
      DATA_DIRECTORY: dataDirectory,
      LOG_LEVEL: 'warning',
      API_PORT: String(port),
    },
  });
  await Promise.race([waitForHealth(own), programs.died]);
  const isOtherPort = settings.apiPort !== 0 && settings.apiPort !== port;
  screen.print(
    serverStarted({ url: shown, simulatorUrl, ...(isOtherPort ? { takenPort: settings.apiPort } : {}) }),
  );

  screen.print(experimentStarted(SAMPLE_EXPERIMENT, setting));
  const experimentId = await Promise.race([showExperiment(own, screen, paint), programs.died]);
  screen.print(whatNow(shown, experimentId, dataDirectory, setting));
  server.listen((line) => screen.print(`${paint.dim(line)}\n`));
}

function settingsHere(): Settings {
  try {
    return loadSettingsHere();
  } catch (error) {
    throw error instanceof SettingsError ? new DemoError(error.message, { cause: error }) : error;
  }
}

async function startSimulator(programs: Programs): Promise<string> {
  const simulator = programs.start({
    name: 'The simulator',
    script: 'simulator/main.js',
    args: SIMULATOR_ARGS,
  });
  const [, url = ''] = await simulator.waitForLine(/listening on (http\S+)/);
  return url;
}

/** @returns the id of the experiment once it is over */
async function showExperiment(url: string, screen: Screen, paint: Paint): Promise<string> {
  const startedAt = Date.now();
  const experimentId = await startExperiment(url, SAMPLE_EXPERIMENT);
  const view = new LiveView(SAMPLE_EXPERIMENT, screen, paint, startedAt);
  const status = await watchExperiment(url, experimentId, view).finally(() => view.close());
  assertSuccess(status);
  const elapsedMs = Date.now() - startedAt;
  screen.print(summary({ ...view.totals, elapsedMs }, { paint, width: screen.textWidth }));
  return experimentId;
}

function assertSuccess({ state, failed_runs: failedRuns, error_code: code, error }: StatusData): void {
  if (state !== 'completed' || failedRuns > 0) {
    throw new DemoError(`The experiment failed (${code ?? state}): ${error ?? 'no reason was given.'}`);
  }
}
