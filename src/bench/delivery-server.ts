import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadSettings } from '../config/load-settings';
import { insertMessage } from '../conversations/transcript-rows';
import { createApp } from '../create-app';
import { EventLog } from '../live/event-log';
import { EventPump } from '../live/event-pump';
import { answerCommands } from './commands';
import { CONVERSATION_ID, timedText, TURN_ID } from './delivered-event';
import { type DeliveryCommands } from './delivery-commands';
import { useInstantModel } from './instant-model';
import { sharedClockUs } from './process-facts';
import { requestJson, startExperiment } from './requests';

/** The server as it is shipped; messages are stored by order, as a turn stores them, and delivered as always. */

let log: EventLog;
let pump: EventPump;
let experimentId = '';
let told = 0;

const commands: DeliveryCommands = {
  async start({ dataDirectory }) {
    const app = await createApp(
      loadSettings({
        DATA_DIRECTORY: dataDirectory,
        OLLAMA_URL: 'http://127.0.0.1:9',
        SOCKET_PING_INTERVAL_MS: '600000',
      }),
    );
    useInstantModel(app);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    log = app.get(EventLog, { strict: false });
    pump = app.get(EventPump, { strict: false });
    experimentId = await startExperiment(url, 'Describe the harbour.');
    await untilEnded(`${url}/api/experiments/${experimentId}`);
    await openRun();
    return { url, experimentId };
  },
  async burst({ events }) {
    await store(events);
    await pump.idle();
  },
  async pace({ events, everyMs }) {
    const startedAt = performance.now();
    for (let sent = 0; sent < events; sent += 1) {
      await sleep(Math.max(0, startedAt + sent * everyMs - performance.now()));
      await store(1);
    }
  },
};

/** Its own events must not come between those that are told. */
async function untilEnded(url: string): Promise<void> {
  while ((await requestJson<{ status: string }>(url)).status !== 'completed') {
    await sleep(50);
  }
}

/** A run of its own for the messages. */
async function openRun(): Promise<void> {
  await log.commit(experimentId, async ({ tx }) => {
    await tx.query(
      `INSERT INTO conversations (id, experiment_id, iteration, title, state, prompt, message_count, turn_count, created_at)
       VALUES (?, ?, 1000, 'Told', 'running', '', 0, 0, ?)`,
      [CONVERSATION_ID, experimentId, new Date().toISOString()],
    );
    await tx.query(
      `INSERT INTO turns (id, conversation_id, turn, attempt, agent_id, speaker, state, choice, context_upto_seq, started_at)
       VALUES (?, ?, 1, 1, 'guide', 'Guide', 'running', '{}', 0, ?)`,
      [TURN_ID, CONVERSATION_ID, new Date().toISOString()],
    );
  });
}

async function store(events: number): Promise<void> {
  const sentUs = sharedClockUs();
  await log.commit(experimentId, async ({ tx, append }) => {
    for (let stored = 0; stored < events; stored += 1) {
      told += 1;
      const messageId = await insertMessage(tx, {
        conversationId: CONVERSATION_ID,
        seq: told,
        turnId: TURN_ID,
        agentId: 'guide',
        speaker: 'Guide',
        content: timedText(sentUs),
        createdAt: new Date().toISOString(),
      });
      const subject = { conversationId: CONVERSATION_ID, turnId: TURN_ID, messageId };
      await append('message', { iteration: 1, message_seq: told }, subject);
    }
  });
}

answerCommands(commands);
