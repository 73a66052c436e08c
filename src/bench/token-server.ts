import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sharedClockUs } from './process-facts';
import { MODEL } from './requests';
import { tokenSentAt } from './token-time';

/**
 * As much of Ollama as the server needs, whose tokens say when they were sent. The gaps between them vary around
 * the mean, as those of a model do: with equal ones, their phase would meet the merge window always in the same way.
 */

const MEAN_GAP_MS = 20;
const tokens = Number(process.argv[2]);

const server = createServer((request, response) => {
  request.resume();
  switch (request.url) {
    case '/api/chat':
      void sendAnswer(response);
      return;
    case '/api/show':
      response.end(JSON.stringify({ capabilities: ['completion'], model_info: {}, parameters: '' }));
      return;
    case '/api/tags':
      response.end(JSON.stringify({ models: [{ name: MODEL, model: MODEL, digest: 'bench' }] }));
      return;
    default:
      response.end(JSON.stringify({ version: '0.33.0' }));
  }
});

async function sendAnswer(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  let dueAt = performance.now() + Math.random() * MEAN_GAP_MS;
  for (let sent = 0; sent < tokens; sent += 1) {
    await sleep(Math.max(0, dueAt - performance.now()));
    sendLine(response, tokenSentAt(sharedClockUs()), false);
    dueAt += MEAN_GAP_MS * (0.5 + Math.random());
  }
  sendLine(response, '', true);
  response.end();
}

function sendLine(response: ServerResponse, content: string, done: boolean): void {
  const line = {
    model: MODEL,
    created_at: new Date().toISOString(),
    message: { role: 'assistant', content },
    done,
  };
  response.write(`${JSON.stringify(done ? { ...line, done_reason: 'stop', eval_count: tokens } : line)}\n`);
}

server.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
