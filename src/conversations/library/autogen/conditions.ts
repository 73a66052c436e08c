import { type StopRule } from '../../team/definition/stop-rule';
import { type Component, innerList, numberOf, textOf, textsOf } from './component';
import { type Mapping } from './mapping';

const TASK_NOT_SEEN = 'the task counts there, but not here: only what agents say is looked at';

/** A stop rule for each termination condition; null for what has none. */
const CONDITIONS: Readonly<Record<string, (condition: Component, mapping: Mapping) => StopRule | null>> = {
  MaxMessageTermination: (condition, mapping) => {
    const max = numberOf(condition.config['max_messages']);
    if (max === null) {
      return lacking(condition, mapping, 'it has no max_messages');
    }
    const messages = Math.max(Math.round(max) - 1, 1);
    mapping.lacks(
      condition,
      max <= 1
        ? 'it ends there before anybody speaks, since the task is counted; here after the first message'
        : `the task counts as a message there, but not here: ${max} became ${messages}`,
      'max_messages',
    );
    return { type: 'max_messages', messages };
  },
  TextMentionTermination: (condition, mapping) => {
    const text = textOf(condition.config['text']);
    if (text === null) {
      return lacking(condition, mapping, 'it has no text');
    }
    mapping.lacks(condition, TASK_NOT_SEEN, 'text');
    const from = agentNames(textsOf(condition.config['sources']));
    return { type: 'text', text, ...(from.length === 0 ? {} : { from }) };
  },
  TokenUsageTermination: (condition, mapping) => {
    const limit = (field: string, name: string) => {
      const value = numberOf(condition.config[field]);
      return value === null ? {} : { [name]: value };
    };
    const limits = {
      ...limit('max_total_token', 'total'),
      ...limit('max_prompt_token', 'prompt'),
      ...limit('max_completion_token', 'completion'),
    };
    if (Object.keys(limits).length === 0) {
      return lacking(condition, mapping, 'it has no limit');
    }
    mapping.lacks(condition, 'tokens of all calls count here, those of selectors and managers, too');
    return { type: 'tokens', ...limits };
  },
  TimeoutTermination: (condition, mapping) => {
    const seconds = numberOf(condition.config['timeout_seconds']);
    if (seconds === null) {
      return lacking(condition, mapping, 'it has no timeout_seconds');
    }
    mapping.lacks(condition, 'only active time counts here, and a turn in progress is broken off');
    return { type: 'active_seconds', seconds };
  },
  HandoffTermination: (condition, mapping) => {
    const to = textOf(condition.config['target']);
    return to === null ? lacking(condition, mapping, 'it has no target') : { type: 'handoff', to };
  },
  SourceMatchTermination: (condition, mapping) => {
    const from = agentNames(textsOf(condition.config['sources']));
    return from.length === 0
      ? lacking(condition, mapping, 'it names no agent as its source')
      : { type: 'source', from };
  },
  TextMessageTermination: (condition, mapping) => {
    const source = textOf(condition.config['source']);
    return source === null
      ? lacking(condition, mapping, 'without a source it ends there with the task itself')
      : { type: 'source', from: [source] };
  },
  FunctionCallTermination: (condition, mapping) => {
    const name = textOf(condition.config['function_name']);
    return name === null ? lacking(condition, mapping, 'it has no function_name') : { type: 'tool', name };
  },
  StopMessageTermination: (condition, mapping) =>
    lacking(condition, mapping, 'agents have no message of this kind; use a text that they say'),
  ExternalTermination: (condition, mapping) =>
    lacking(condition, mapping, 'a running experiment is paused or cancelled over its own routes'),
  FunctionalTermination: (condition, mapping) => lacking(condition, mapping, 'code is not run'),
  OrTerminationCondition: (condition, mapping) => {
    const any = innerList(condition, 'conditions').flatMap((part) => stopRuleOf(part, mapping) ?? []);
    return any.length > 1 ? { any } : (any[0] ?? null);
  },
  AndTerminationCondition: (condition, mapping) => {
    const parts = innerList(condition, 'conditions');
    const all = parts.flatMap((part) => stopRuleOf(part, mapping) ?? []);
    if (all.length < parts.length) {
      return lacking(
        condition,
        mapping,
        'a part of it could not be taken over: without it, it would end too soon',
      );
    }
    return all.length > 1 ? { all } : (all[0] ?? null);
  },
};

/** The stop rule that a termination condition means. */
export function stopRuleOf(condition: Component, mapping: Mapping): StopRule | null {
  const map = Object.hasOwn(CONDITIONS, condition.name) ? CONDITIONS[condition.name] : undefined;
  if (map === undefined) {
    return lacking(condition, mapping, 'no termination condition of this name is known');
  }
  const rule = map(condition, mapping);
  if (rule !== null) {
    mapping.took(
      condition,
      'type' in rule ? `stop rule ${rule.type}` : `stop rules: ${Object.keys(rule)[0]}`,
    );
  }
  return rule;
}

/** The source of the task speaks in no run. */
function agentNames(sources: readonly string[]): string[] {
  return sources.filter((source) => source !== 'user');
}

function lacking(condition: Component, mapping: Mapping, why: string): null {
  mapping.lacks(condition, why);
  return null;
}
