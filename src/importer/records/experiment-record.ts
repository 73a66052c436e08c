import { type StoredAgent } from '../../agents/agent.dto';
import { type ConversationAgent } from '../../conversations/conversation.dto';
import { type TeamRules } from '../../conversations/team/definition/team-definition';
import { rulesFromChatRules } from '../../conversations/team/rules';
import { type ExperimentTask } from '../../experiments/experiment.entity';
import { runCount, titleFromPrompt } from '../../experiments/experiment-titles';
import { type SourceObject } from '../source/source-object';
import { Unusable } from '../unusable';
import { Cast, isSystem } from './cast';
import { type ConversationRecord, title } from './conversation-record';
import { type Ending, readEnding } from './ending';
import { createdAtOf, type Reading, timeOrNull } from './reading';
import { checkedId, checkedLength } from './record-checks';

/** Turns of a run where nothing else was asked for; the old server did not store the rules of its experiments. */
const OLD_MAX_ROUNDS = 8;
const OLD_MAX_TURNS = 1000;
const DEFAULT_COLOR = '#6B7280';

/** An experiment as it is to be stored. Its counters are counted once its runs are there. */
export interface ExperimentRecord {
  readonly id: string;
  readonly title: string;
  readonly ending: Ending;
  readonly task: ExperimentTask;
  readonly agents: readonly StoredAgent[];
  readonly rules: TeamRules;
  readonly iterations: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC; null = when its last run ended. */
  readonly completedAt: string | null;
}

/** What the file of an experiment says. Files of the old migration script lack the task and the agents. */
export interface ExperimentSketch extends Omit<
  ExperimentRecord,
  'title' | 'task' | 'agents' | 'rules' | 'iterations' | 'createdAt'
> {
  readonly title: string | null;
  readonly task: ExperimentTask | null;
  readonly agents: readonly StoredAgent[];
  readonly iterations: number | null;
  readonly createdAt: string | null;
}

/** @throws Unusable */
export function readExperiment(
  fields: SourceObject,
  id: string,
  runCountFound: number,
  reading: Reading,
): ExperimentSketch {
  const completedAt = timeOrNull(fields, 'completed_at', reading);
  const task = readTask(fields, reading);
  const ownTitle = title(fields, reading);
  if (task === null && ownTitle === null) {
    throw new Unusable('', 'is no experiment: it has neither a task nor a title');
  }
  return {
    id,
    title: ownTitle,
    ending: readEnding(fields, completedAt !== null || runCountFound > 0, reading.note),
    task,
    agents: readAgents(fields, reading),
    iterations: fields.countOrNull('iterations'),
    createdAt: createdAtOf(fields, reading),
    completedAt,
  };
}

/** Fills in what the file does not say from the first run. */
export function completeExperiment(
  sketch: ExperimentSketch,
  firstRun: ConversationRecord | undefined,
  runCountFound: number,
  modifiedAt: string,
): ExperimentRecord {
  const task = sketch.task ?? {
    id: `task-${sketch.id}`,
    prompt: firstRun?.prompt || (sketch.title ?? ''),
    datasetItems: null,
  };
  const agents = sketch.agents.length > 0 ? sketch.agents : (firstRun?.agents ?? []).flatMap(fromRun);
  return {
    ...sketch,
    title: sketch.title ?? (titleFromPrompt(task.prompt.trim()) || sketch.id),
    task,
    agents,
    rules: rulesFromChatRules(
      null,
      agents.map(({ name }) => name),
      { maxRounds: OLD_MAX_ROUNDS, maxTurns: OLD_MAX_TURNS, fallback: 'round_robin' },
    ),
    iterations: Math.max(runCount(task, sketch.iterations ?? runCountFound), 1),
    createdAt: sketch.createdAt ?? firstRun?.createdAt ?? modifiedAt,
  };
}

function readTask(fields: SourceObject, { settings }: Reading): ExperimentTask | null {
  const task = fields.objectOrNull('task');
  if (task === null) {
    return null;
  }
  const items = task.objectsOrNull('dataset_items') ?? [];
  if (items.length > settings.maxDatasetItems) {
    throw new Unusable(
      task.place('datasetItems'),
      `has more than ${settings.maxDatasetItems} entries (MAX_DATASET_ITEMS)`,
    );
  }
  const text = (from: SourceObject, name: string) =>
    checkedLength(from.textOrNull(name) ?? '', from.place(name), settings, 'maxMessageCharacters');
  return {
    id: task.textOrNull('id') ?? '',
    prompt: text(task, 'prompt'),
    datasetItems:
      items.length === 0
        ? null
        : items.map((item) => ({ task: item.text('task'), answer: item.textOrNull('answer') })),
  };
}

function readAgents(fields: SourceObject, { settings, note }: Reading): StoredAgent[] {
  const items = fields.objectsOrNull('agents') ?? [];
  if (items.length > settings.maxAgents) {
    throw new Unusable('agents', `has more than ${settings.maxAgents} entries (MAX_AGENTS)`);
  }
  const agents = items.map((item): StoredAgent => {
    const id = checkedId(item.wordsOrNull('id', 'name') ?? '', item.place('id'));
    return {
      id,
      name: item.wordsOrNull('name') ?? id,
      prompt: checkedLength(
        item.textOrNull('prompt') ?? '',
        item.place('prompt'),
        settings,
        'maxMessageCharacters',
      ),
      color: item.wordsOrNull('color') ?? DEFAULT_COLOR,
      model: item.textOrNull('model') ?? '',
      temperature: item.numberOrNull('temperature'),
      options: {},
    };
  });
  return withOwnIds(
    agents.filter((agent) => !isSystem(agent)),
    note,
  );
}

/** The ids that these agents have in the runs too. */
function withOwnIds(agents: readonly StoredAgent[], note: Reading['note']): StoredAgent[] {
  const cast = new Cast(agents.map(toConversationAgent), false);
  return agents.map((agent, index) => {
    const id = cast.agents[index]?.id ?? agent.id;
    if (id !== agent.id) {
      note(`agents[${index}].id: another agent has the id "${agent.id}" too; this one became "${id}"`);
    }
    return { ...agent, id };
  });
}

export function toConversationAgent({ id, name, color, model }: StoredAgent): ConversationAgent {
  return { id, name, color, originalName: null, model };
}

/** `System` is no agent of the experiment. */
function fromRun({ id, name, color, model }: ConversationAgent): StoredAgent[] {
  return isSystem({ name, model })
    ? []
    : [{ id, name, prompt: '', color, model, temperature: null, options: {} }];
}
