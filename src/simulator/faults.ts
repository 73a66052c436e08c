import {
  InvalidInput,
  Times,
  optional,
  readArray,
  readChoice,
  readInteger,
  readNumber,
  readObject,
  readText,
  readTimes,
} from './input';
import { Match, RequestFacts, isMatch, readMatch } from './matching';
import { POSITION_FIELDS, PullPosition, hasPosition, readPosition } from './pull-position';

/** Answered at once, whatever the request. */
const INSTANT = [
  'reset_before_headers',
  'http_error',
  'http_html',
  'http_empty',
  'nested_json_error',
] as const;
/** Before the first byte. */
const DELAYING = ['stall_before_first', 'delay_headers'] as const;
/** In an answer of any route. */
const IN_BODY = [
  'stall_mid_stream',
  'cut_mid_stream',
  'half_line',
  'garbage_line',
  'wrong_shape',
  'slow_drip',
  'split_utf8',
] as const;
/** Only in streams of lines: the answer of a model, or a pull. */
const IN_STREAM = [
  'end_without_done',
  'error_line',
  'huge_line',
  'joined_lines',
  'last_line_without_newline',
] as const;
/** Only in the answer of a model. */
const IN_ANSWER = ['think_in_content', 'empty_answer', 'done_false', 'identical_tokens'] as const;

/** Only in a pull. */
const IN_PULL = [
  'stalled_progress',
  'rolled_back',
  'unknown_status',
  'digest_mismatch',
  'disk_full',
  'offline',
  'context_canceled',
] as const;

export const FAULT_NAMES = [
  ...INSTANT,
  ...DELAYING,
  ...IN_BODY,
  ...IN_STREAM,
  ...IN_ANSWER,
  ...IN_PULL,
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

/** An armed fault. Which parameters count depends on the fault; see the table in README.md. */
export interface Fault extends PullPosition {
  fault: FaultName;
  times: Times;
  match?: Match;
  afterTokens?: number;
  ms?: number;
  status?: number;
  text?: string;
  bytes?: number;
  count?: number;
  /** Only for wrong_shape: any JSON value, null included. */
  value?: unknown;
}

/** The armed faults, in the order they were armed. */
export interface FaultList {
  add(faults: readonly Fault[]): void;
  /** The first fault for such a request, if any; one of its times is used up. A request meets one fault at most. */
  take(facts: RequestFacts): Fault | undefined;
  armed(): readonly Fault[];
  clear(): void;
}

export const PULL_PATH = '/api/pull';
const ANSWER_PATHS = ['/api/chat', '/api/generate'];

export function isInstant(fault: Fault): boolean {
  return isOneOf(INSTANT, fault.fault);
}

function isOneOf(names: readonly FaultName[], name: FaultName): boolean {
  return names.includes(name);
}

export function readFaults(body: unknown): Fault[] {
  const { faults } = readObject(body, 'the body', ['faults']);
  return readArray(faults, 'faults').map(readFault);
}

function readFault(value: unknown): Fault {
  const object = readObject(value, 'a fault', [
    'fault',
    'times',
    'match',
    'afterTokens',
    'ms',
    'status',
    'text',
    'bytes',
    'count',
    'value',
    ...POSITION_FIELDS,
  ]);
  const fault: Fault = {
    fault: readChoice(object['fault'], 'fault', FAULT_NAMES),
    times: optional(object, 'times', readTimes) ?? 1,
    match: optional(object, 'match', readMatch),
    afterTokens: optional(object, 'afterTokens', (number, what) => readInteger(number, what, 0)),
    ms: optional(object, 'ms', (number, what) => readNumber(number, what, 0)),
    status: optional(object, 'status', (number, what) => readInteger(number, what, 200, 599)),
    text: optional(object, 'text', readText),
    bytes: optional(object, 'bytes', (number, what) => readInteger(number, what, 1, 512 * 1024 * 1024)),
    count: optional(object, 'count', (number, what) => readInteger(number, what, 1, 100_000)),
    ...('value' in object ? { value: object['value'] } : {}),
    ...readPosition(object),
  };
  checkPlace(fault);
  return fault;
}

/** Refuses a fault that could never strike, or would not strike where it says. */
function checkPlace(fault: Fault): void {
  const path = fault.match?.path;
  const paths = pathsOf(fault);
  if (path !== undefined && paths && !paths.includes(path)) {
    throw new InvalidInput(`the fault ${fault.fault} is for ${paths.join(' and ')} only`);
  }
  const isForPull = path === PULL_PATH || isOneOf(IN_PULL, fault.fault);
  if (isForPull && fault.afterTokens !== undefined) {
    throw new InvalidInput(`afterTokens is for answers; a pull has ${POSITION_FIELDS.join(', ')}`);
  }
  if (!isForPull && hasPosition(fault)) {
    throw new InvalidInput(
      `${POSITION_FIELDS.join(', ')} are for pulls only: give the match the path ${PULL_PATH}`,
    );
  }
}

/** The only paths a fault can be for; undefined where it can be for any. */
function pathsOf({ fault }: Fault): string[] | undefined {
  if (isOneOf(IN_PULL, fault)) {
    return [PULL_PATH];
  }
  if (isOneOf(IN_STREAM, fault)) {
    return [...ANSWER_PATHS, PULL_PATH];
  }
  return isOneOf(IN_ANSWER, fault) ? ANSWER_PATHS : undefined;
}

/** Without a path a fault is for chat and generate: a health check in between must not use it up. */
function concerns(fault: Fault, facts: RequestFacts): boolean {
  const isPullFault = isOneOf(IN_PULL, fault.fault);
  const paths = isPullFault ? [PULL_PATH] : ANSWER_PATHS;
  if ((isPullFault || fault.match?.path === undefined) && !paths.includes(facts.path)) {
    return false;
  }
  if (fault.fault === 'context_canceled' && !facts.followsCancel) {
    return false;
  }
  const isPreload = ANSWER_PATHS.includes(facts.path) && facts.messages.length === 0;
  const needsAnswer = !isOneOf([...INSTANT, ...DELAYING], fault.fault);
  return !(isPreload && needsAnswer) && isMatch(fault.match, facts);
}

export function createFaultList(): FaultList {
  let faults: Fault[] = [];
  return {
    add: (more) => faults.push(...more),
    take(facts) {
      const fault = faults.find((candidate) => concerns(candidate, facts));
      if (fault && fault.times !== 'forever') {
        fault.times -= 1;
        faults = faults.filter((candidate) => candidate.times !== 0);
      }
      return fault;
    },
    armed: () => faults,
    clear: () => {
      faults = [];
    },
  };
}
