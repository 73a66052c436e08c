import { setTimeout as sleep } from 'node:timers/promises';
import { type ExperimentStarted } from '../experiments/dto/experiment-answers.dto';
import { type ExperimentRequest } from '../experiments/dto/experiment-request.dto';
import { DemoError } from './demo-error';

const HEALTH_POLL_MS = 100;
const HEALTH_WAIT_MS = 60_000;

/** Waits until the server answers. */
export async function waitForHealth(baseUrl: string): Promise<void> {
  const deadline = Date.now() + HEALTH_WAIT_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${baseUrl}/health`).catch(() => undefined);
    if (answer?.ok === true) {
      return;
    }
    await sleep(HEALTH_POLL_MS);
  }
  throw new DemoError(`The server did not answer on ${baseUrl}/health within ${HEALTH_WAIT_MS / 1000} s.`);
}

/** @returns the id of the experiment */
export async function startExperiment(baseUrl: string, request: ExperimentRequest): Promise<string> {
  const answer = await fetch(`${baseUrl}/api/experiments/start`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new DemoError(`The experiment was refused (${answer.status}): ${text}`);
  }
  const started: ExperimentStarted = JSON.parse(text);
  return started.experiment_id;
}
