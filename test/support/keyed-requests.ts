import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { aForm, type FormFile } from './forms';
import { type RawAnswer, send } from './raw-http';

/** Sends JSON under an Idempotency-Key. */
export function postKeyed(url: string, path: string, key: string, body: unknown): Promise<RawAnswer> {
  return send(url, {
    method: 'POST',
    path,
    headers: { 'idempotency-key': key },
    body: JSON.stringify(body),
  });
}

/** Imports files under an Idempotency-Key. */
export function importKeyed(url: string, key: string, ...files: FormFile[]): Promise<RawAnswer> {
  const { headers, body } = aForm(...files);
  return send(url, {
    method: 'POST',
    path: '/api/conversations/import',
    headers: { ...headers, 'idempotency-key': key },
    body,
  });
}

/** Whether an answer was given before. */
export function isReplayed({ headers }: RawAnswer): boolean {
  return headers['idempotency-replayed'] === 'true';
}

/** Brings the file of a stopped server to where a crash before the answers were stored would have left it. */
export function forgetAnswers(dataDirectory: string): void {
  const file = new SqliteFile(join(dataDirectory, 'llama-herd.sqlite'));
  const { changes } = file.prepare('UPDATE idempotency_keys SET status = NULL, answer = NULL').run();
  file.close();
  if (changes === 0) {
    throw new Error('there were no answers');
  }
}
