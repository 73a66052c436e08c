import 'reflect-metadata';
import { setImmediate as otherWork } from 'node:timers/promises';
import { loadSettings } from '../config/load-settings';
import { createApp } from '../create-app';
import { type ModelCall, ModelCaller, type ModelCallRecord } from '../ollama/model-caller';

/** The server as it is shipped, except that no model is asked: every call has its answer at once. */

const ANSWER = 'The old harbour lies below two steep hills, quietly. '.repeat(12).slice(0, 600);

async function answerAtOnce(call: ModelCall, records: ModelCallRecord[]) {
  // A model's answer comes from outside, so the event loop always has its turn in between.
  await otherWork();
  records.push({
    purpose: call.purpose,
    model: call.model,
    modelDigest: 'bench',
    options: { ...call.options, num_ctx: 8_192, num_predict: 2_048, temperature: 0.7 },
    requestHash: 'c0ffee00'.repeat(8),
    outcome: 'ok',
    promptTokens: 900,
    completionTokens: 130,
    queueMs: 0,
    loadMs: 0,
    promptMs: 0.1,
    generateMs: 0.1,
    totalMs: 0.2,
    startedAt: new Date().toISOString(),
  });
  call.onPiece?.({ text: ANSWER, thinking: '' });
  return { text: ANSWER, doneReason: 'stop' };
}

async function main(): Promise<void> {
  const app = await createApp(loadSettings(process.env));
  Object.assign(app.get(ModelCaller, { strict: false }), { call: answerAtOnce });
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  await app.listen(0, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}

void main();
