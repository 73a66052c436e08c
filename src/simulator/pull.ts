import { Exchange, sendJson } from './exchange';
import { answerInstantly, delayForFault, sendFaultyJson } from './fault-answers';
import { Fault, isInstant } from './faults';
import { installModel, isOnDisk } from './installed';
import { Layer, layersOf, sumOfBytes } from './layers';
import { findPullable } from './library';
import { RequestFacts } from './matching';
import { ModelSpec } from './models';
import { comparableName, parseModelName } from './model-names';
import { namedModel, readNamed } from './named-request';
import { OllamaError } from './ollama-error';
import { PullCall, PullCourse, blobLine, createCourse } from './pull-course';
import { PullEnd } from './pull-faults';
import { Outcome } from './request-log';
import { SimulatorState } from './state';
import { sleep } from './timing';

/** Answers `POST /api/pull`. */
export async function handlePull(
  state: SimulatorState,
  exchange: Exchange,
  facts: RequestFacts,
  fault: Fault | undefined,
): Promise<Outcome> {
  if (fault && isInstant(fault)) {
    state.stats.startPull()('failed');
    return answerInstantly(exchange, fault);
  }
  const call = readCall(state, exchange, facts, fault);
  const key = comparableName(call.name);
  state.cancelledPulls.delete(key);
  const end = state.stats.startPull();
  try {
    await delayForFault(fault, exchange.signal);
    const outcome = await runPull(call);
    end(outcome === 'done' ? 'finished' : 'failed');
    return outcome;
  } catch (error) {
    if (exchange.signal.aborted) {
      state.cancelledPulls.add(key);
    }
    end(exchange.signal.aborted ? 'cancelled' : 'failed');
    throw error;
  }
}

function readCall(
  state: SimulatorState,
  exchange: Exchange,
  facts: RequestFacts,
  fault: Fault | undefined,
): PullCall {
  const request = readNamed('PullRequest', exchange.body, {
    stream: ['bool', 'bool'],
    insecure: ['bool', 'bool'],
  });
  const name = namedModel(request);
  if (!parseModelName(name)) {
    throw new OllamaError(400, 'invalid model name');
  }
  return { state, exchange, facts, fault, name, stream: request['stream'] !== false };
}

async function runPull(call: PullCall): Promise<Outcome> {
  const { state, exchange, name, stream, fault } = call;
  const course = createCourse(call);
  try {
    await course.pass();
    await course.send({ status: 'pulling manifest' });
    await course.endPhase('manifest');
    const model = findPullable(state.settings, name);
    if (!model) {
      throw new PullEnd('error', 'pull model manifest: file does not exist');
    }
    await pullModel(call, course, model);
    const success = { status: 'success' };
    await course.succeed(success);
    return stream ? 'done' : await sendFaultyJson(exchange, success, fault);
  } catch (error) {
    if (!(error instanceof PullEnd)) {
      throw error;
    }
    return endPull(call, course, error);
  }
}

async function endPull(
  { exchange, stream }: PullCall,
  course: PullCourse,
  { outcome, text }: PullEnd,
): Promise<Outcome> {
  if (!stream) {
    sendJson(
      exchange.response,
      text === undefined ? 200 : 500,
      text === undefined ? course.lastLine() : { error: text },
    );
  } else if (text !== undefined) {
    await course.fail(text);
  }
  return outcome;
}

/** All blobs one after another, then the closing phases. */
async function pullModel(call: PullCall, course: PullCourse, model: ModelSpec): Promise<void> {
  const { state, exchange } = call;
  const layers = layersOf(model);
  course.progress.totalBytes = sumOfBytes(layers);
  let before = 0;
  let isNew = false;
  for (const layer of layers) {
    if (isOnDisk(state, layer)) {
      course.progress.bytes = before + layer.bytes;
      course.work(layer, undefined);
      await course.send(blobLine(layer, layer.bytes));
    } else {
      isNew = true;
      await download(call, course, model, layer, before);
    }
    before += layer.bytes;
  }
  await course.send({ status: 'verifying sha256 digest' });
  // What was there before is not verified again.
  await sleep(isNew ? (model.pullVerifyMs ?? state.settings.pullVerifyMs) : 0, exchange.signal);
  await course.endPhase('verify');
  await course.send({ status: 'writing manifest' });
  await course.endPhase('write');
  exchange.signal.throwIfAborted();
  if (installModel(state, model)) {
    await course.send({ status: 'removing unused layers' });
  }
}

/** Downloads a blob, with a line per tick; `before` is the number of bytes of the blobs before it. */
async function download(
  { state, exchange }: PullCall,
  course: PullCourse,
  model: ModelSpec,
  layer: Layer,
  before: number,
): Promise<void> {
  const { pullTickMs: tickMs, pullBytesPerSecond } = state.settings;
  const bytesPerSecond = model.pullBytesPerSecond ?? pullBytesPerSecond;
  const limit = (): number => Math.min(layer.bytes, Math.max(0, course.nextStop() - before));
  const blob = state.blobs.join(layer, { bytesPerSecond, tickMs }, limit());
  course.work(layer, blob);
  try {
    for (;;) {
      const place = limit();
      blob.limitTo(place);
      await blob.wait(place, tickMs, exchange.signal);
      const completed = blob.completed();
      course.progress.bytes = before + completed;
      if (completed >= layer.bytes) {
        break;
      }
      await course.send(blobLine(layer, completed));
    }
  } finally {
    course.work(layer, undefined);
    blob.leave();
  }
  await course.pass();
}
