import { ollamaParts } from '../../ollama/testing/ollama-parts';
import { type Exchange, ScriptedOllama } from '../../ollama/testing/scripted-ollama';
import { type AgentTurnInput, type AgentTurnProgress, AgentTurns, newProgress } from '../agent-turns';
import { type Agent } from '../prompt/agent';
import { type SpokenTurn } from '../prompt/prompt-builder';
import { TokenEstimates } from '../prompt/token-estimate';

/** A valid agent. */
export const agentNamed = (name: string, more: Partial<Agent> = {}): Agent => ({
  id: name,
  name,
  prompt: `You are ${name}.`,
  model: 'tiny',
  color: '#10B981',
  options: {},
  ...more,
});

/** A schema for structured answers. */
export const SCHEMA = {
  type: 'object',
  properties: { score: { type: 'integer', minimum: 1, maximum: 5 } },
  required: ['score'],
};

interface Message {
  readonly role: string;
  readonly content: string;
}

/** The messages of a prompt as they were sent. */
export const messagesOf = ({ body }: Exchange): Message[] => body['messages'] as Message[];

/** What was said before: by Bob and Ann in turn. */
export const said = (...texts: string[]): SpokenTurn[] =>
  texts.map((text, at) => ({ speaker: at % 2 === 0 ? 'Bob' : 'Ann', text, thinking: '' }));

/** Registers the hooks of a test file whose agents speak to a model that follows a script. */
export function usingAgentTurns() {
  let server: ScriptedOllama;
  let turns: AgentTurns;
  let progress: AgentTurnProgress;
  let told: { text: string; thinking: string };

  const forget = () => {
    progress = newProgress();
    told = { text: '', thinking: '' };
  };
  const restart = (environment: Record<string, string> = {}) => {
    turns = new AgentTurns(ollamaParts(server.url, environment).caller, new TokenEstimates());
    forget();
  };
  beforeEach(async () => {
    server = await ScriptedOllama.start();
    restart();
  });
  afterEach(() => server.close());

  return {
    get server() {
      return server;
    },
    get progress() {
      return progress;
    },
    /** What watchers heard. */
    get told() {
      return told;
    },
    /** Begins anew, with other settings. */
    restart,
    /** Forgets the turn before, not what was learnt from it. */
    forget,
    speak: (agent: Agent = agentNamed('Ann'), more: Partial<AgentTurnInput> = {}): Promise<void> =>
      turns.speak(
        {
          experimentId: 'experiment',
          conversationId: 'conversation',
          agent,
          agents: [agent, agentNamed('Bob'), agentNamed('Cem')],
          task: 'Plan a trip',
          item: {},
          round: 1,
          history: [],
          view: null,
          turnTask: { kind: 'reply' },
          contextPolicy: 'drop_oldest',
          seed: 7,
          signal: new AbortController().signal,
          onText: (channel, text) => {
            told[channel] += text;
          },
          ...more,
        },
        progress,
      ),
    /** Gives the next answer. */
    answer: async (text: string, more: Record<string, unknown> = {}): Promise<Exchange> => {
      const exchange = await server.next();
      exchange.piece(text).done(more);
      return exchange;
    },
    /** Gives an answer that calls a tool. */
    callTool: async (name: string, text = ''): Promise<Exchange> => {
      const exchange = await server.next();
      exchange.piece(text).piece({ tool_calls: [{ id: `id-${name}`, function: { name, arguments: {} } }] });
      exchange.done();
      return exchange;
    },
    /** What the calls were for. */
    purposes: () => progress.calls.map(({ purpose }) => purpose),
  };
}
