import { isPlainObject } from '../../../common/validation/unsafe-values';
import { assistant, filteredAssistant } from './agents';
import { type Component, inner, innerList, listOf, numberOf, textOf } from './component';
import { stopRuleOf } from './conditions';
import { graphOf } from './graphs';
import { type Mapping } from './mapping';
import { modelOf } from './model-clients';

/** A team, or who takes part in one, as it goes through the check of everything that clients send. */
type Draft = Record<string, unknown>;
type Members = ReadonlyMap<string, string | Draft>;

/** Turns of a Magentic-One team that names no limit. */
const MAGENTIC_TURNS = 20;
/** How the built-in question of their selector begins. */
const DEFAULT_SELECTOR_PROMPT = 'You are in a role play game.';
const MAX_ATTEMPTS = 10;

/** How each kind of team is written down here. */
const TEAMS: Readonly<Record<string, (team: Component, members: Members, mapping: Mapping) => Draft>> = {
  RoundRobinGroupChat: (_, members) => ({ type: 'round_robin', participants: [...members.values()] }),
  SelectorGroupChat: (team, members, mapping) => {
    const { model } = modelOf(team, mapping);
    const prompt = textOf(team.config['selector_prompt']);
    const attempts = numberOf(team.config['max_selector_attempts']);
    mapping.lacks(
      team,
      'the answer is constrained to those who may speak; without one the previous speaker goes on, as there',
    );
    return {
      type: 'selector',
      participants: [...members.values()],
      ...(model === undefined ? {} : { selector_model: model }),
      ...(prompt === null || prompt.trimStart().startsWith(DEFAULT_SELECTOR_PROMPT)
        ? {}
        : { selector_prompt: prompt }),
      allow_repeated_speaker: team.config['allow_repeated_speaker'] === true,
      max_attempts: Math.min(Math.max(attempts ?? 3, 1), MAX_ATTEMPTS),
      fallback: 'previous',
    };
  },
  Swarm: (team, members, mapping) => {
    mapping.lacks(
      team,
      'who hands nothing over goes on for at most three turns in a row; a handoff to user ends the team',
    );
    return {
      type: 'swarm',
      participants: [...members.values()],
      handoffs: Object.fromEntries(
        innerList(team, 'participants').flatMap((participant) => handoffsOf(participant, members)),
      ),
    };
  },
  GraphFlow: (team, members, mapping) => ({ ...graphOf(team, members, mapping) }),
  MagenticOneGroupChat: (team, members, mapping) => {
    const manager = mapping.freeName('Orchestrator');
    mapping.agents.push({
      name: manager,
      prompt: 'You manage a team that solves the task.',
      ...modelOf(team, mapping),
    });
    if (textOf(team.config['final_answer_prompt']) !== null) {
      mapping.lacks(
        team,
        'the manager is asked for the final answer in the words of this product',
        'final_answer_prompt',
      );
    }
    const stalls = numberOf(team.config['max_stalls']);
    return {
      type: 'magentic',
      manager,
      participants: [...members.values()],
      ...(stalls === null ? {} : { max_stalls: Math.max(stalls, 1) }),
      max_turns: MAGENTIC_TURNS,
    };
  },
};

/** Who stands for everybody outside of the team in handoffs. */
const PEOPLE = 'user';

/** Whether a component is a team that can be taken over. */
export function isTeam({ name }: Component): boolean {
  return Object.hasOwn(TEAMS, name);
}

/** Writes a team down, with all that is in it; null when nobody is left in it. */
export function teamOf(team: Component, mapping: Mapping): Draft | null {
  const members = membersOf(team, mapping);
  const write = TEAMS[team.name];
  if (write === undefined || members.size === 0) {
    mapping.lacks(team, write === undefined ? 'no team of this name is known' : 'nobody is left in it');
    return null;
  }
  const condition = inner(team, 'termination_condition');
  const stop = condition && stopRuleOf(condition, mapping);
  const turns = numberOf(team.config['max_turns']);
  const draft = write(team, members, mapping);
  mapping.took(team, `team ${String(draft['type'])}`);
  if (stop === null && turns === null && draft['max_turns'] === undefined && draft['type'] !== 'graph') {
    mapping.lacks(
      team,
      'it has no end of its own there; here it ends after DEFAULT_MAX_ROUNDS turns, in another team after one round',
    );
  }
  return { ...draft, ...(turns === null ? {} : { max_turns: turns }), ...(stop === null ? {} : { stop }) };
}

/** Who takes part, by the name that edges and handoffs know. */
function membersOf(team: Component, mapping: Mapping): Members {
  return new Map(
    innerList(team, 'participants').flatMap((participant): [string, string | Draft][] => {
      const member = memberOf(participant, mapping);
      return member === null ? [] : [[typeof member === 'string' ? member : String(member['name']), member]];
    }),
  );
}

function memberOf(component: Component, mapping: Mapping): string | Draft | null {
  if (isTeam(component)) {
    const team = teamOf(component, mapping);
    return team && { ...team, name: mapping.teamName(textOf(component.config['name']) ?? 'Team') };
  }
  switch (component.name) {
    case 'AssistantAgent':
      return assistant(component, mapping);
    case 'MessageFilterAgent':
      return filteredAssistant(component, mapping);
    case 'SocietyOfMindAgent':
      return societyOf(component, mapping);
    case 'UserProxyAgent':
      mapping.lacks(component, 'no person takes part in a run: it was left out');
      return null;
    default:
      mapping.lacks(component, 'no agent of this name is known: it was left out');
      return null;
  }
}

/** An inner team and one who sums up what it said; others hear the summary only. */
function societyOf(component: Component, mapping: Mapping): Draft | null {
  const team = inner(component, 'team');
  const name = textOf(component.config['name']);
  const first = team && teamOf(team, mapping);
  if (name === null || first === null) {
    mapping.lacks(component, 'it has no name or no inner team that can be taken over: it was left out');
    return null;
  }
  const speaker = mapping.freeName(`${name}_speaker`);
  const prompt = ['instruction', 'response_prompt'].flatMap((field) => textOf(component.config[field]) ?? []);
  mapping.agents.push({
    name: speaker,
    prompt:
      prompt.length === 0
        ? 'Give the answer that your team has found, without naming the team.'
        : prompt.join('\n\n'),
    ...modelOf(component, mapping),
  });
  mapping.took(component, `team pipeline with ${speaker} at its end`);
  return {
    type: 'pipeline',
    name: mapping.teamName(name),
    stages: [first, speaker],
    see: 'all',
    share: 'last',
  };
}

/** To whom a participant may hand over, whoever takes no part is the user. */
function handoffsOf({ config }: Component, members: Members): [string, string[]][] {
  const name = textOf(config['name']);
  if (name === null || !members.has(name)) {
    return [];
  }
  const targets = listOf(config['handoffs']).flatMap((handoff) => {
    const target = textOf(isPlainObject(handoff) ? handoff['target'] : handoff);
    return target === null ? [] : [members.has(target) ? target : PEOPLE];
  });
  return [[name, [...new Set(targets)]]];
}
