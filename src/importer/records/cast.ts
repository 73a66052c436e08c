import { type ConversationAgent } from '../../conversations/conversation.dto';
import { systemAgent } from '../../conversations/system-agent';

/** Grey, for agents of whom only messages are left. */
const UNKNOWN_COLOR = '#6B7280';
const UNKNOWN = 'unknown';
const SYSTEM = 'System';

/** Who a message says it is from. */
export interface Signature {
  readonly agentId: string | null;
  /** `model` of the message: the name of the agent in runs, anything in saved conversations. */
  readonly name: string | null;
}

/**
 * The agents of a conversation, each with an id of its own. The old server gave `System` an id that could be that of a
 * configured agent, and it did not mind configured agents with equal ids; such messages are told apart by the name.
 */
export class Cast {
  readonly agents: ConversationAgent[] = [];
  private readonly ids = new Set<string>();
  private readonly bySourceId = new Map<string, ConversationAgent[]>();
  private readonly byName = new Map<string, ConversationAgent>();

  /** @param hasSystem whether `System` belongs to it even if the source does not list it */
  constructor(listed: readonly ConversationAgent[], hasSystem: boolean) {
    for (const agent of listed) {
      if (!isSystem(agent)) {
        this.add(agent, agent.id);
      }
    }
    const systems = listed.filter((agent) => isSystem(agent));
    if (systems.length === 0 && hasSystem) {
      systems.push({ ...systemAgent(this.agents), originalName: null });
    }
    for (const system of systems) {
      this.add(this.ids.has(system.id) ? { ...system, id: systemAgent(this.agents).id } : system, system.id);
    }
  }

  /** The agent that said it; joins the cast when it is not in it. */
  speaker({ agentId, name }: Signature, isFirst: boolean): ConversationAgent {
    const sourceId = agentId ?? name ?? UNKNOWN;
    const withId = this.bySourceId.get(sourceId) ?? [];
    return (
      withId.find((agent) => agent.name === name) ??
      (withId.length > 1 ? withId.find((agent) => isSystem(agent) === isFirst) : undefined) ??
      withId[0] ??
      this.byName.get(name ?? '') ??
      this.add(
        { id: sourceId, name: name ?? sourceId, color: UNKNOWN_COLOR, originalName: null, model: UNKNOWN },
        sourceId,
      )
    );
  }

  /** A second agent of the same id gets the next free one. */
  private add(listed: ConversationAgent, sourceId: string): ConversationAgent {
    let id = listed.id;
    for (let number = 2; this.ids.has(id); number += 1) {
      id = `${listed.id}-${number}`;
    }
    const agent = { ...listed, id };
    this.ids.add(id);
    this.agents.push(agent);
    this.bySourceId.set(sourceId, [...(this.bySourceId.get(sourceId) ?? []), agent]);
    if (!this.byName.has(agent.name)) {
      this.byName.set(agent.name, agent);
    }
    return agent;
  }
}

/** Whether it is the extra agent that says the prompt. */
export function isSystem({ name, model }: Pick<ConversationAgent, 'name' | 'model'>): boolean {
  return name === SYSTEM && (model === SYSTEM || model === '');
}
