import { type HistoryView } from '../../../agents/prompt/agent';
import { type StopRule } from './stop-rule';

/**
 * Teams as clients write them down. Engines have ways of their own to take turns; templates are written down as engines
 * (`templates/`) before anything runs. A team may stand wherever an agent may.
 */
export type TeamDefinition =
  | RoundRobinTeam<Participant>
  | SelectorTeam<Participant>
  | RandomTeam<Participant>
  | SwarmTeam<Participant>
  | GraphTeam<Participant>
  | MagenticTeam
  | PanelTeam<Participant>
  | Template;

/** A team in which every template has been written down as an engine. This is what runs and what is stored as rules. */
export type EngineDefinition =
  | RoundRobinTeam<EnginePart>
  | SelectorTeam<EnginePart>
  | RandomTeam<EnginePart>
  | SwarmTeam<EnginePart>
  | GraphTeam<EnginePart>
  | MagenticTeam
  | PanelTeam<EnginePart>;

/** Who takes part in a team: the name of an agent, an agent with an instruction, or a team. */
export type Participant = string | PlacedAgent | TeamDefinition;
export type EnginePart = string | PlacedAgent | EngineDefinition;

/** An agent in one place of a team. */
export interface PlacedAgent {
  readonly agent: string;
  /** What it is told at each of its turns here, after what was said. */
  readonly instruction?: string;
  /** What it hears here; counts more than the agent's own `history`. */
  readonly history?: HistoryView;
}

/** What every team has. */
export interface TeamCommon {
  /** How it is called where it stands in another team. */
  readonly name?: string;
  /** Turns after which it ends (see MaxTurnsRule). */
  readonly max_turns?: number;
  readonly stop?: StopRule;
  /** What others hear of it when it stands in another team: all of its messages, or the last of each visit. */
  readonly share?: 'all' | 'last';
}

/** Everybody in turn, in the order of the list. */
export interface RoundRobinTeam<P> extends TeamCommon {
  readonly type: 'round_robin';
  readonly participants: readonly P[];
}

/** What happens when the selector model gives no usable answer. */
export type SelectorFallback = 'round_robin' | 'previous' | 'first' | 'random' | 'fail';

/** A model chooses who speaks next. */
export interface SelectorTeam<P> extends TeamCommon {
  readonly type: 'selector';
  readonly participants: readonly P[];
  /** Model that chooses; when it is left out, one of the agents' models that is loaded, at best the one that spoke last. */
  readonly selector_model?: string;
  /** Question with `{roles}`, `{participants}`, `{history}`; blank = a built-in one. */
  readonly selector_prompt?: string;
  readonly allow_repeated_speaker: boolean;
  /** With repeats: most turns in a row of one participant. */
  readonly max_consecutive_turns?: number;
  /** Who may follow whom; whoever is not named here may be followed by anybody. */
  readonly transitions?: Readonly<Record<string, readonly string[]>>;
  /** Questions to the model before the fallback decides. */
  readonly max_attempts: number;
  /** SELECTOR_FALLBACK when it is left out. */
  readonly fallback?: SelectorFallback;
}

/** By lot, decided by the seed of the experiment. */
export interface RandomTeam<P> extends TeamCommon {
  readonly type: 'random';
  readonly participants: readonly P[];
  readonly allow_repeated_speaker: boolean;
  /** Relative chances; 1 for whoever is not named. With 0 one speaks only when nobody else may. */
  readonly weights?: Readonly<Record<string, number>>;
}

/** Whoever speaks says who comes next. The first participant begins. */
export interface SwarmTeam<P> extends TeamCommon {
  readonly type: 'swarm';
  readonly participants: readonly P[];
  /**
   * To whom each may hand over; whoever is not named may hand over to everybody else. A handoff to `user` ends the team; it has
   * to be named here, and teams cannot make it.
   */
  readonly handoffs?: Readonly<Record<string, readonly string[]>>;
  /**
   * Who speaks after a turn that hands nothing over: the same again, or the first. Nobody speaks more than `max_stay` turns in a
   * row this way: then it is the turn of the next in order, with `first` of the next of the others.
   */
  readonly after_reply: 'stay' | 'first';
  readonly max_stay: number;
  /** How a handoff is asked for: by a tool, by JSON after the reply, or `auto`, by what the model can do. */
  readonly handoff_by: 'auto' | 'tool' | 'json';
}

/** Nodes take turns as the edges say; nodes that are ready together run side by side. */
export interface GraphTeam<P> extends TeamCommon {
  readonly type: 'graph';
  readonly nodes: readonly GraphNode<P>[];
  readonly edges: readonly GraphEdge[];
  /** Where it begins; the nodes without incoming edges when it is left out. */
  readonly start?: readonly string[];
}

export interface GraphNode<P> {
  readonly id: string;
  /** Who takes the turns of the node; the agent named like the node when it is left out. */
  readonly run?: P;
  /**
   * Within a group of incoming edges: wait for all of them, or run at the first, and again for what comes later. When nothing else
   * can run, nodes that wait run with what has come, so that a branch that was not taken never blocks.
   */
  readonly join: 'all' | 'any';
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Taken when this holds of the last message of `from`; always when it is left out. */
  readonly when?: EdgeCondition;
  /** Incoming edges of a node join within their group; each group alone lets the node run. One group when it is left out. */
  readonly group?: string;
}

export type EdgeCondition =
  | { readonly contains: string }
  | { readonly not_contains: string }
  /** A regular expression in the syntax of RE2. */
  | { readonly pattern: string }
  /** A field of the structured answer; dots lead into objects. */
  | { readonly field: string; readonly equals: string | number | boolean | null }
  /** No other edge of the node is taken. */
  | { readonly otherwise: true };

/** A manager plans, keeps a ledger, says who does what next, plans anew when it stalls, and gives the final answer. `max_turns` is 20 when it is left out. */
export interface MagenticTeam extends TeamCommon {
  readonly type: 'magentic';
  /** Name of an agent that is no participant. */
  readonly manager: string;
  readonly participants: readonly (string | PlacedAgent)[];
  /**
   * Rounds without progress, or in a loop, after which it plans anew; a good round makes up for a bad one, and a new plan
   * begins to count anew.
   */
  readonly max_stalls: number;
  /** New plans after which it gives up. */
  readonly max_replans: number;
  /** Whether the manager has the last word; it has none when `max_turns` or another stop rule ends the team. */
  readonly final_answer: boolean;
}

/** Everybody answers without hearing the others, then they vote. Teams among them can be voted for, but cast no vote. */
export interface PanelTeam<P> extends TeamCommon {
  readonly type: 'panel';
  readonly participants: readonly P[];
  /** `majority` = most votes; `ranked` = instant run-off over rankings; `weighted` = most votes by `weights`; `none` = no vote. */
  readonly vote: 'majority' | 'ranked' | 'weighted' | 'none';
  /** What is voted on; the answers, by the names of those who gave one, when it is left out. */
  readonly options?: readonly string[];
  /** Weight of each voter; 1 for whoever is not named. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Share (0 to 1) of the votes cast that the winner needs; else nobody wins. Abstentions are no votes cast. */
  readonly threshold: number;
  readonly may_abstain: boolean;
  /**
   * On a tie: the first in order, by lot, the chair decides, one more vote among those tied, or nobody wins. The first in
   * order wins, too, when there is no chair or it does not decide, and when the second vote is tied again.
   */
  readonly ties: 'first' | 'random' | 'chair' | 'revote' | 'none';
  /** Speaks last, after the vote. */
  readonly chair?: string | PlacedAgent;
}

export type Template =
  DebateTemplate | CriticTemplate | ModeratorTemplate | ConsensusTemplate | PipelineTemplate;

/**
 * Opening statements, rounds of rebuttals, and a verdict. The openings are made without hearing each other; the rebuttals follow
 * one another.
 */
export interface DebateTemplate extends TeamCommon {
  readonly type: 'debate';
  readonly sides: readonly Participant[];
  /** Rounds of rebuttals after the opening statements. */
  readonly rounds: number;
  readonly judge?: Participant;
}

/** An author writes and a critic criticises until it accepts, or `max_rounds` rounds of one turn each (of teams: all their turns) were made. */
export interface CriticTemplate extends TeamCommon {
  readonly type: 'critic';
  readonly author: Participant;
  readonly critic: Participant;
  /** What the critic says when it accepts. */
  readonly accept: string;
  readonly max_rounds: number;
}

/**
 * A moderator speaks first and after everybody else, and says who comes next; when it does not, the next in order. Four turns
 * for each member when `max_turns` is left out.
 */
export interface ModeratorTemplate extends TeamCommon {
  readonly type: 'moderator';
  readonly moderator: string | PlacedAgent;
  readonly participants: readonly Participant[];
  /** What the moderator says to end it. */
  readonly close: string;
}

/** Rounds in which everybody speaks, until they agree. */
export interface ConsensusTemplate extends TeamCommon {
  readonly type: 'consensus';
  readonly participants: readonly Participant[];
  readonly max_rounds: number;
  /** Agreement by a text that everybody says, or by equal answers; see AgreementRule. */
  readonly by: 'text' | 'answer';
  readonly text: string;
  /** Share (0 to 1) of the participants that is enough. */
  readonly quorum: number;
}

/** One after the other, each working on what came before. */
export interface PipelineTemplate extends TeamCommon {
  readonly type: 'pipeline';
  readonly stages: readonly Participant[];
  /** What a stage hears: the stage before it and the task, or everything. Teams hear everything. */
  readonly see: 'previous' | 'all';
}

/** How a run takes turns and when it ends; stored with the experiment. */
export interface TeamRules {
  /** What the rules were made of: one agent (exactly one reply), `chat_rules`, or `team`. */
  readonly origin: 'single' | 'chat_rules' | 'team';
  readonly team: EngineDefinition;
  /** Of the whole run, besides the team's own. */
  readonly stop: StopRule | null;
  /** `stop` came with `chat_rules`, or with one agent: `stop` is `any` of theirs and of what the request has. */
  readonly isStopAdded?: true;
  /** Turns after which a run ends whatever its rules say; MAX_TURNS. */
  readonly maxTurns: number;
}
