import { ModelCallError } from './model-call-error';
import { PullError } from './pull-error';

/** One line of the stream of a pull. */
export interface PullLine {
  /** For people, for example `pulling aa11`; only `success` and the closing phases mean something. */
  readonly status: string;
  /** The layer that it tells of; bytes are there with a layer only. */
  readonly layer: { readonly digest: string; readonly total: number; readonly completed: number } | null;
}

/** Longest text of Ollama that is kept. */
const MAX_TEXT = 500;

/** What Ollama does when all layers are there; it is silent meanwhile, for minutes with large models. */
const CLOSING = /^(?:verifying|writing manifest|removing|couldn't remove|success$)/;

/** Whether a line tells that everything has been downloaded. */
export function isClosing({ status }: PullLine): boolean {
  return CLOSING.test(status);
}

/**
 * Reads one line of a pull.
 * @throws ModelCallError BAD_STREAM for anything that is no such line; PullError PULL_FAILED with Ollama's own text
 */
export function parsePullLine(text: string): PullLine {
  const line = parse(text);
  if (line['error'] !== undefined && line['error'] !== null) {
    const { error } = line;
    throw new PullError('PULL_FAILED', shorten(typeof error === 'string' ? error : JSON.stringify(error)));
  }
  const { status, digest } = line;
  if (typeof status !== 'string') {
    throw badShape();
  }
  const hasLayer = typeof digest === 'string' && digest !== '';
  return {
    status: shorten(status),
    layer: hasLayer
      ? { digest: shorten(digest), total: bytes(line['total']), completed: bytes(line['completed']) }
      : null,
  };
}

function parse(text: string): Record<string, unknown> {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    throw new ModelCallError('BAD_STREAM', 'A line of the pull is not JSON.', { cause: error });
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line)) {
    throw badShape();
  }
  return line as Record<string, unknown>;
}

/** Zero is left out on the wire. */
function bytes(value: unknown): number {
  if (value === undefined || value === null) {
    return 0;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw badShape();
  }
  return value;
}

function badShape(): ModelCallError {
  return new ModelCallError('BAD_STREAM', 'A line of the pull does not have the shape of one.');
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).toWellFormed()}…` : text;
}
