import { type ExperimentDetail } from '../../src/experiments/dto/experiment-answers.dto';
import { type Frame } from './plain-client';

/** A frame of the plain socket without what differs from run to run. */
export function shape({ type, data }: Frame): unknown {
  const messages = data['messages'] as { content: string }[] | undefined;
  switch (type) {
    case 'status':
      return {
        status: data['status'],
        run: data['current_iteration'],
        final: data['final'] ?? false,
        closes: data['close_connection'] ?? false,
      };
    case 'message':
      return `${String(data['agentId'])}: ${String(data['content'])}`;
    default:
      return { title: data['title'], messages: messages?.map(({ content }) => content) };
  }
}

/** The shapes of all frames of an experiment that is over, as one hears them who came in its first run (wire contract 6). */
export function framesInOrder({ conversations, status, current_iteration }: ExperimentDetail): unknown[] {
  const open = { final: false, closes: false };
  const runs = conversations.flatMap(({ title, messages, state }, index) => [
    { status: 'running', run: index + 1, ...open },
    { title, messages: [] },
    ...messages.map(({ agentId, content }) => `${agentId}: ${content}`),
    ...(state === 'error' ? [{ status: 'error', run: index + 1, final: true, closes: false }] : []),
    { title, messages: messages.map(({ content }) => content) },
  ]);
  return [...runs, { status, run: current_iteration, final: true, closes: true }];
}
