import { type IncomingMessage } from 'node:http';
import { ModelCallError } from './model-call-error';
import { LineSplitter, LineTooLongError } from './ndjson';
import { type OllamaHttp } from './ollama-http';
import { PullError } from './pull-error';
import { type PullLine, parsePullLine } from './pull-line';

export interface PullOptions {
  readonly signal: AbortSignal;
  /** Called with every line, in order; what it throws ends the pull. */
  readonly onLine: (line: PullLine) => void;
  /** Milliseconds until the connection must have been accepted. */
  readonly connectMs: number;
}

const MAX_LINE_LENGTH = 1024 * 1024;

/**
 * Asks Ollama to pull a model and reads its stream to the line `success`, without which nothing is well. Ollama is
 * never asked to pull over plain HTTP. Aborting closes the connection at once, which is how Ollama is told to stop.
 * @throws PullError, ModelCallError; or the reason of the signal when it was aborted
 */
export async function streamPull(http: OllamaHttp, model: string, options: PullOptions): Promise<void> {
  const closing = new AbortController();
  const timer = setTimeout(() => closing.abort(connectTimeout()), options.connectMs);
  const signal = AbortSignal.any([options.signal, closing.signal]);
  try {
    const response = await http.open({
      method: 'POST',
      path: '/api/pull',
      body: { model, stream: true },
      model,
      signal,
      onConnect: () => clearTimeout(timer),
    });
    await readLines(response, options.onLine);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    closing.abort();
  }
}

async function readLines(response: IncomingMessage, onLine: (line: PullLine) => void): Promise<void> {
  for await (const text of linesOf(response)) {
    const line = parsePullLine(text);
    onLine(line);
    if (line.status === 'success') {
      return;
    }
  }
  throw new PullError('PULL_CUT', 'The answer of Ollama ended before the pull was complete.');
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void, void> {
  const splitter = new LineSplitter(MAX_LINE_LENGTH);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      yield* splitter.push(chunk);
    }
  } catch (error) {
    throw error instanceof LineTooLongError
      ? new ModelCallError('BAD_STREAM', 'A line of the pull is too long.', { cause: error })
      : new PullError('PULL_CUT', 'The connection to Ollama broke in the middle of the pull.', {
          cause: error,
        });
  }
  const last = splitter.end();
  if (last !== null) {
    yield last;
  }
}

function connectTimeout(): ModelCallError {
  return new ModelCallError(
    'CONNECT_TIMEOUT',
    'Ollama did not accept the connection in time. See OLLAMA_URL, OLLAMA_CONNECT_TIMEOUT_SECONDS.',
  );
}
