import { type ConversationAgent } from '../../conversations/conversation.dto';
import { systemAgent } from '../../conversations/system-agent';

/** Grey, for agents of whom only messages are left. */
const UNKNOWN_COLOR = '#6B7280';
const UNKNOWN_ID = 'unknown';
const SYSTEM = 'System';

/** Who a message says it is from. */
export interface Signature {
  readonly agentId: string | null;
  /** `model` of the message: the name of the agent in runs, anything in saved conversations. */
  readonly name: string | null;
}

interface Member {
  readonly sourceId: string;
  readonly agent: ConversationAgent;
}

/**
 * The agents of a conversation, each with an id of its own. The old server gave `System` an id that could be that of a
 * configured agent, and it did not mind configured agents with equal ids; such messages are told apart by the name.
 */
export class Cast {
  private readonly members: Member[];
  private readonly ids = new Set<string>();

  /** @param hasSystem whether `System` belongs to it even if the source does not list it */
  constructor(listed: readonly ConversationAgent[], hasSystem: boolean) {
    const others = listed.filter((agent) => !isSystem(agent));
    const members = others.map((agent) => this.member(agent, agent.id));
    const systems = listed.filter((agent) => isSystem(agent));
    if (systems.length === 0 && hasSystem) {
      const system = systemAgent(members.map(({ agent }) => agent));
      systems.push({ ...system, originalName: null });
    }
    for (const system of systems) {
      const isTaken = this.ids.has(system.id);
      const id = isTaken ? systemAgent([...this.ids].map((taken) => ({ id: taken }))).id : system.id;
      members.push(this.member({ ...system, id }, system.id));
    }
    this.members = members;
  }

  get agents(): ConversationAgent[] {
    return this.members.map(({ agent }) => agent);
  }

  /** The agent that said it; joins the cast when it is not in it. */
  speaker(signature: Signature, isFirst: boolean): ConversationAgent {
    const { agentId, name } = signature;
    const withId = this.members.filter(({ sourceId }) => sourceId === agentId);
    const found =
      withId.find(({ agent }) => agent.name === name) ??
      (withId.length > 1 ? withId.find(({ agent }) => isSystem(agent) === isFirst) : undefined) ??
      withId[0] ??
      this.members.find(({ agent }) => name !== null && agent.name === name);
    return found?.agent ?? this.join(signature);
  }

  private join({ agentId, name }: Signature): ConversationAgent {
    const sourceId = agentId ?? UNKNOWN_ID;
    const member = this.member(
      { id: sourceId, name: name ?? sourceId, color: UNKNOWN_COLOR, originalName: null, model: UNKNOWN_ID },
      sourceId,
    );
    this.members.push(member);
    return member.agent;
  }

  /** A second agent of the same id gets the next free one. */
  private member(agent: ConversationAgent, sourceId: string): Member {
    let id = agent.id;
    for (let number = 2; this.ids.has(id); number += 1) {
      id = `${agent.id}-${number}`;
    }
    this.ids.add(id);
    return { sourceId, agent: { ...agent, id } };
  }
}

function isSystem({ name, model }: ConversationAgent): boolean {
  return name === SYSTEM && (model === SYSTEM || model === '');
}
