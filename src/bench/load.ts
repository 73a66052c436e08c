import { Agent, get } from 'node:http';
import { answerCommands } from './commands';

/** A load of keep-alive connections, each with one request at a time. */

interface LoadOrder {
  readonly url: string;
  readonly connections: number;
  readonly ms: number;
}

const commands = {
  async run({
    url,
    connections,
    ms,
  }: LoadOrder): Promise<{ readonly requests: number; readonly ms: number }> {
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    const startedAt = performance.now();
    const endAt = startedAt + ms;
    let requests = 0;
    const client = async () => {
      while (performance.now() < endAt) {
        await request(url, agent);
        requests += 1;
      }
    };
    await Promise.all(Array.from({ length: connections }, client));
    agent.destroy();
    return { requests, ms: performance.now() - startedAt };
  },
};

export type LoadCommands = typeof commands;

function request(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`${url} answered ${response.statusCode}`));
      }
      response.on('end', resolve).on('error', reject).resume();
    }).on('error', reject);
  });
}

answerCommands(commands);
