import { type ExperimentRequest } from '../experiments/dto/experiment-request.dto';
import { type Paint } from './colours';
import { clock } from './progress-line';
import { wrapText } from './word-wrap';

/** As short as a request can be. */
const NEXT_EXPERIMENT = {
  task: { id: 'task-2', prompt: 'Plan a weekend in Lisbon.' },
  agents: [
    { id: 'a', name: 'Guide', prompt: 'You are a travel guide.', color: '#10B981', model: 'llama3.2:3b' },
    { id: 'b', name: 'Critic', prompt: 'You are a critic.', color: '#EF4444', model: 'llama3.2:3b' },
  ],
} satisfies ExperimentRequest;

/** How texts are set: in which colours and how wide. */
export interface Setting {
  readonly paint: Paint;
  readonly width: number;
}

export interface StartedServer {
  readonly url: string;
  readonly simulatorUrl: string;
  /** The port that was wanted, when it is not the one that was got. */
  readonly takenPort?: number;
}

export interface Summary {
  readonly runs: number;
  readonly turns: number;
  readonly messages: number;
  readonly elapsedMs: number;
}

export function introduction({ paint, width }: Setting): string {
  const honest =
    'A SIMULATED model answers in this demo: a program that makes sentences up. No Ollama is needed, and what the agents say means nothing.';
  return `\n${paint.bold('LLaMa-Herd demo')}\n\n${wrapText(honest, width)}\n\n`;
}

export function serverStarted({ url, simulatorUrl, takenPort }: StartedServer): string {
  const note = takenPort === undefined ? '' : ` (port ${takenPort} is taken by another program)`;
  return `Simulator  ${simulatorUrl}\nAPI        ${url}${note}\nAPI docs   ${url}/docs\n\n`;
}

export function experimentStarted({ task, agents }: ExperimentRequest, { paint, width }: Setting): string {
  const team = agents.map(({ name, model, color }) => `  ${paint.coloured(color, name)} (${model})`);
  return [
    paint.bold('Task'),
    wrapText(task.prompt, width, '  '),
    paint.bold('Agents, in turn'),
    ...team,
    '',
    paint.bold('Conversation'),
    '',
    '',
  ].join('\n');
}

export function summary({ runs, turns, messages, elapsedMs }: Summary, { width }: Setting): string {
  const text =
    `Done: ${runs} ${runs === 1 ? 'run' : 'runs'}, ${turns} turns, ${messages} messages with the task, in ${clock(elapsedMs)}. ` +
    'A simulated model answered. Its tokens per second were estimated from the text, with 4 characters a token.';
  return `${wrapText(text, width)}\n\n`;
}

/** Commands are not wrapped, so that they can be copied. */
export function whatNow(
  url: string,
  experimentId: string,
  dataDirectory: string,
  { paint }: Setting,
): string {
  return `${paint.bold('The server keeps running')}
  API          ${url}
  API docs     ${url}/docs
               ${url}/redoc
               ${url}/openapi.json
  Data         ${dataDirectory}

${paint.bold('Read the transcript')}
  curl -s ${url}/api/experiments/${experimentId}

${paint.bold('Start another experiment')}
  curl -s ${url}/api/experiments/start -H 'Content-Type: application/json' -d '{
    "task": ${JSON.stringify(NEXT_EXPERIMENT.task)},
    "agents": [
      ${NEXT_EXPERIMENT.agents.map((agent) => JSON.stringify(agent)).join(',\n      ')}
    ]
  }'

With real models: start Ollama, then \`npm start\`.

${paint.bold('Press Ctrl+C to stop.')}
`;
}
