import { type FieldProblem } from '../../common/errors/domain-error';
import { type Loc, missing, tooLong, wrongValue } from '../../common/validation/field-problems';
import { hasAtMost } from '../../common/validation/rules';
import { type Settings } from '../../config/settings.schema';
import { type ConversationAgent } from '../conversation.dto';
import { type ImportedMessage } from '../dto/import.dto';
import { agentColour } from './agent-colours';

/** Who said a message. */
export interface Speaker {
  readonly id: string;
  /** Its model, where only the message tells it. */
  readonly model: string | null;
}

/** Whoever said a message of a file that does not tell; such messages are shown as well. */
const UNKNOWN: ConversationAgent = {
  id: 'unknown',
  name: 'Unknown',
  color: '#9CA3AF',
  originalName: null,
  model: '',
};

/**
 * Who takes part in an imported conversation. In files with a list of agents the messages name them by id; in files without
 * one each message has the name of its agent, and the agents are made of the names, in the order in which they appear.
 */
export class Cast {
  private listed: readonly ConversationAgent[] = [];
  private readonly made = new Map<string, ConversationAgent>();
  private hasUnknown = false;
  /** The first message without an id of its agent. */
  private nameless: { readonly index: number; readonly message: ImportedMessage } | null = null;
  /** The first message of each name. */
  private readonly firstOf = new Map<string, number>();
  private readonly problems: FieldProblem[] = [];

  constructor(
    private readonly limits: Pick<Settings, 'maxAgents' | 'maxNameCharacters'>,
    private readonly loc: Loc,
  ) {}

  /** Notes who says a message. */
  add(message: ImportedMessage, index: number): void {
    if (hasId(message)) {
      return;
    }
    const name = nameOf(message);
    if (name === null) {
      this.hasUnknown = true;
      this.nameless ??= { index, message };
    } else if (!this.firstOf.has(name) && this.firstOf.size <= this.limits.maxAgents) {
      this.firstOf.set(name, index);
      this.make(name, message.agent?.model ?? '', index);
    }
  }

  /**
   * Takes the list of agents of the file.
   * @returns what is wrong with those who say the messages
   */
  settle(listed: readonly ConversationAgent[]): FieldProblem[] {
    this.listed = listed;
    if (listed.length === 0) {
      return this.problems;
    }
    const known = new Set(listed.map(({ name }) => name));
    const strangers = [...this.firstOf].filter(([name]) => !known.has(name));
    return [
      ...(this.nameless === null
        ? []
        : [missing([...this.loc, this.nameless.index, 'agentId'], this.nameless.message)]),
      ...strangers.map(([name, index]) =>
        wrongValue([...this.loc, index, 'agent', 'name'], 'must be the name of one of the agents', name),
      ),
    ];
  }

  agents(): ConversationAgent[] {
    return this.listed.length > 0
      ? [...this.listed]
      : [...this.made.values(), ...(this.hasUnknown ? [UNKNOWN] : [])];
  }

  speakerOf(message: ImportedMessage): Speaker {
    if (hasId(message)) {
      return { id: message.agentId, model: null };
    }
    const name = nameOf(message);
    const agent =
      name === null ? undefined : (this.listed.find((listed) => listed.name === name) ?? this.made.get(name));
    return { id: agent?.id ?? UNKNOWN.id, model: message.agent?.model ?? null };
  }

  private make(name: string, model: string, index: number): void {
    const number = this.made.size;
    const { maxAgents, maxNameCharacters } = this.limits;
    if (number >= maxAgents) {
      this.problems.push(wrongValue(this.loc, `must not be said by more than ${maxAgents} agents`, null));
    } else if (!hasAtMost(name, maxNameCharacters)) {
      this.problems.push(tooLong([...this.loc, index, 'agent', 'name'], maxNameCharacters, name));
    }
    this.made.set(name, {
      id: `agent-${number}`,
      name,
      color: agentColour(number),
      originalName: null,
      model,
    });
  }
}

/** An agent that is spelled out counts before an id, which older exports do not have. */
function hasId(message: ImportedMessage): message is ImportedMessage & { readonly agentId: string } {
  return typeof message.agentId === 'string' && nameOf(message) === null;
}

function nameOf({ agent }: ImportedMessage): string | null {
  const name = agent?.name?.trim() ?? '';
  return name === '' ? null : name;
}
