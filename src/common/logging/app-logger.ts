import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { type Settings } from '../../config/settings.schema';
import { escapeControls, keyValueLine, oneLine } from './log-line';

/** From the least to the gravest, as Nest names them. */
const NEST_LEVELS: LogLevel[] = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];

const LEAST_LEVEL = {
  debug: 'verbose',
  info: 'log',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
} as const;

const LEVEL_NAMES: Record<LogLevel, string> = {
  verbose: 'DEBUG',
  debug: 'DEBUG',
  log: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

const MAX_CAUSES = 5;

/**
 * Nest's logger with one line per entry on standard output, as LOG_FORMAT says: `keyvalue`
 * (`2026-01-01T00:00:00.000Z INFO ExperimentsService "message" experiment_id=…`) or `json`.
 * Plain objects after the message become fields; an error, as a field or after the message, becomes its text and
 * its stack. Line breaks and other control characters are escaped, so that nobody can forge a line.
 */
export class AppLogger extends ConsoleLogger {
  constructor(
    private readonly settings: Pick<Settings, 'logFormat' | 'logLevel'>,
    private readonly write: (line: string) => void = (line) => process.stdout.write(line),
  ) {
    super({
      colors: false,
      json: true,
      logLevels: NEST_LEVELS.slice(NEST_LEVELS.indexOf(LEAST_LEVEL[settings.logLevel])),
    });
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    logLevel: LogLevel = 'log',
    _stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params: Record<string, unknown> = {},
  ): void {
    const texts = messages.map((message) => this.resolveMessage(message));
    const errors = texts.filter((text) => text instanceof Error);
    const base = {
      timestamp: new Date().toISOString(),
      level: LEVEL_NAMES[logLevel],
      logger: context,
      message: texts.map((text) => (text instanceof Error ? text.message : oneText(text))).join(' '),
    };
    const fields = {
      ...Object.assign({}, ...Object.entries(params).map(([name, value]) => errorFields(name, value))),
      ...(errors[0] === undefined ? {} : { stack: stackOf(errors[0]) }),
      ...(stack === undefined ? {} : { stack }),
    };
    const line =
      this.settings.logFormat === 'json'
        ? escapeControls(this.stringifyJsonLogObject({ ...base, ...fields, ...base }))
        : keyValueLine(base, fields);
    this.write(`${line}\n`);
  }

  /** The stack is a field of the entry. */
  protected override printStackTrace(): void {}
}

function oneText(value: unknown): string {
  return typeof value === 'string' ? value : oneLine(value);
}

function errorFields(name: string, value: unknown): Record<string, unknown> {
  return value instanceof Error
    ? { [name]: `${value.name}: ${value.message}`, stack: stackOf(value) }
    : { [name]: value };
}

/** The stack and those of its causes. Other properties are left out: they may hold prompts (the values of a query). */
function stackOf(error: Error): string {
  const stacks: string[] = [];
  for (
    let current: unknown = error;
    current instanceof Error && stacks.length < MAX_CAUSES;
    current = current.cause
  ) {
    stacks.push(current.stack ?? `${current.name}: ${current.message}`);
  }
  return stacks.join('\ncaused by: ');
}
