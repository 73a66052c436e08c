import { type IncomingMessage } from 'node:http';
import { type ChatPiece, joinPieces, parseChatLine } from './chat-line';
import { errorFromSocket, ModelCallError } from './model-call-error';
import { LineSplitter, LineTooLongError } from './ndjson';
import { type OllamaHttp } from './ollama-http';
import { WatchedCall } from './watched-call';
import { type CallLimits } from './watchdog';

export interface ChatStreamOptions {
  readonly limits: CallLimits;
  readonly signal?: AbortSignal | undefined;
  /** Longest answer in characters. */
  readonly maxCharacters: number;
  /** Pieces are gathered this long (milliseconds) before they are passed on; the first goes out at once. */
  readonly gatherMs: number;
}

/** Characters of JSON around a token that a line may hold beside the longest answer. */
const LINE_OVERHEAD = 64 * 1024;

/**
 * Sends one chat request and reads its stream: every line is checked, the clocks are watched, and leaving the loop
 * or aborting closes the connection at once. Only a stream with its closing line (`done: true`) ends well.
 * @throws ModelCallError; or the reason of the signal when it was aborted
 */
export async function* streamChat(
  http: OllamaHttp,
  body: { readonly model: string },
  options: ChatStreamOptions,
): AsyncGenerator<ChatPiece, void, void> {
  const call = new WatchedCall(options.limits, options.signal);
  try {
    options.signal?.throwIfAborted();
    const response = await http.open({
      method: 'POST',
      path: '/api/chat',
      body,
      model: body.model,
      signal: call.signal,
      onConnect: () => call.connected(),
    });
    yield* readPieces(response, http.address, options, () => call.token());
  } catch (error) {
    throw call.failure ?? error;
  } finally {
    call.end();
  }
}

/**
 * Reads a response as it comes. The first piece goes out at once, then what came within each interval in one: a
 * token costs LangChain and the sockets the same as twenty of them.
 */
async function* readPieces(
  response: IncomingMessage,
  address: string,
  options: ChatStreamOptions,
  onToken: () => void,
): AsyncGenerator<ChatPiece, void, void> {
  const splitter = new LineSplitter(options.maxCharacters * 2 + LINE_OVERHEAD);
  let waiting: ChatPiece | null = null;
  let characters = 0;
  let ended = false;
  let failure: Error | null = null;
  let nextAt = 0;
  let wake: () => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;

  const take = (lines: readonly string[]) => {
    for (const line of lines) {
      const piece = parseChatLine(line);
      characters += piece.text.length + piece.thinking.length;
      if (characters > options.maxCharacters) {
        throw tooLarge(options.maxCharacters);
      }
      waiting = waiting ? joinPieces(waiting, piece) : piece;
      ended ||= piece.metrics !== null;
      onToken();
    }
  };
  const guarded = (step: () => void) => {
    if (ended) {
      return;
    }
    try {
      step();
    } catch (error) {
      ended = true;
      failure = error instanceof LineTooLongError ? tooLarge(options.maxCharacters) : (error as Error);
    }
    if (ended || (waiting && timer === undefined)) {
      wake();
    }
  };
  response.on('data', (chunk: Buffer) => guarded(() => take(splitter.push(chunk))));
  response.on('error', (error) =>
    guarded(() => {
      throw errorFromSocket(error, address, true);
    }),
  );
  response.on('end', () =>
    guarded(() => {
      const last = splitter.end();
      take(last === null ? [] : [last]);
      if (!ended) {
        throw new ModelCallError('STREAM_CUT', 'The answer ended without its closing line.');
      }
    }),
  );

  for (;;) {
    const now = performance.now();
    if (waiting && (ended || now >= nextAt)) {
      const piece: ChatPiece = waiting;
      waiting = null;
      nextAt = now + options.gatherMs;
      yield piece;
    } else if (ended) {
      if (failure) {
        throw failure as Error;
      }
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = waiting ? setTimeout(resolve, nextAt - now) : undefined;
      });
      clearTimeout(timer);
      timer = undefined;
    }
  }
}

function tooLarge(limit: number): ModelCallError {
  return new ModelCallError(
    'RESPONSE_TOO_LARGE',
    `The answer is longer than ${limit} characters. See MAX_MESSAGE_CHARACTERS.`,
  );
}
