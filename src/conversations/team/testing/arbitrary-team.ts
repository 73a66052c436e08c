import * as fc from 'fast-check';
import {
  type EdgeCondition,
  type GraphEdge,
  type Participant,
  type TeamCommon,
  type TeamDefinition,
} from '../definition/team-definition';
import { arbitraryStop } from './arbitrary-stop';
import { AGENTS, VOCABULARY } from './vocabulary';

const agents = fc.uniqueArray(fc.constantFrom(...AGENTS), { minLength: 1, maxLength: 3 });
const word = fc.constantFrom(...VOCABULARY);
const count = (max: number) => fc.integer({ min: 1, max });
/** Lists of agents by agents, as transitions and handoffs are. */
const agentsByAgent = fc.dictionary(fc.constantFrom(...AGENTS), agents, { maxKeys: 2 });
const weights = fc.dictionary(fc.constantFrom(...AGENTS), fc.integer({ min: 0, max: 3 }), { maxKeys: 3 });

const common: fc.Arbitrary<TeamCommon> = fc.record(
  { max_turns: count(12), stop: arbitraryStop, share: fc.constantFrom('all', 'last') },
  { requiredKeys: [] },
);

/** Any team with what is nested in it to a depth; every engine and every template is among them. */
export function arbitraryTeam(depth: number): fc.Arbitrary<TeamDefinition> {
  const members = participants(depth);
  const member = members.map(([first]) => first ?? 'A');
  const some = { participants: members };
  return fc
    .tuple(
      common,
      fc.oneof(
        fc.record({ type: fc.constant('round_robin'), ...some }),
        fc.record(
          {
            type: fc.constant('selector'),
            ...some,
            allow_repeated_speaker: fc.boolean(),
            max_attempts: count(2),
            max_consecutive_turns: count(3),
            transitions: agentsByAgent,
            fallback: fc.constantFrom('round_robin', 'previous', 'first', 'random'),
          },
          { requiredKeys: ['type', 'participants', 'allow_repeated_speaker', 'max_attempts'] },
        ),
        fc.record(
          { type: fc.constant('random'), ...some, allow_repeated_speaker: fc.boolean(), weights },
          { requiredKeys: ['type', 'participants', 'allow_repeated_speaker'] },
        ),
        fc.record(
          {
            type: fc.constant('swarm'),
            ...some,
            after_reply: fc.constantFrom('stay', 'first'),
            max_stay: count(3),
            handoff_by: fc.constantFrom('auto', 'tool', 'json'),
            handoffs: fc.dictionary(
              fc.constantFrom(...AGENTS),
              fc.uniqueArray(fc.constantFrom(...AGENTS, 'user'), { maxLength: 3 }),
              { maxKeys: 3 },
            ),
          },
          { requiredKeys: ['type', 'participants', 'after_reply', 'max_stay', 'handoff_by'] },
        ),
        graph(depth),
        fc.record({
          type: fc.constant('magentic'),
          manager: fc.constant('M'),
          participants: agents,
          max_stalls: count(3),
          max_replans: fc.integer({ min: 0, max: 2 }),
          final_answer: fc.boolean(),
        }),
        fc.record(
          {
            type: fc.constant('panel'),
            ...some,
            vote: fc.constantFrom('majority', 'ranked', 'weighted', 'none'),
            options: fc.uniqueArray(word, { minLength: 2, maxLength: 4 }),
            weights,
            threshold: fc.constantFrom(0, 0.5, 1),
            may_abstain: fc.boolean(),
            ties: fc.constantFrom('first', 'random', 'chair', 'revote', 'none'),
            chair: fc.constant('M'),
          },
          { requiredKeys: ['type', 'participants', 'vote', 'threshold', 'may_abstain', 'ties'] },
        ),
        fc.record({
          type: fc.constant('debate'),
          sides: members,
          rounds: fc.integer({ min: 0, max: 2 }),
          judge: member,
        }),
        fc.record({
          type: fc.constant('critic'),
          author: member,
          critic: fc.constant('M'),
          accept: word,
          max_rounds: count(3),
        }),
        fc.record({ type: fc.constant('moderator'), moderator: fc.constant('M'), ...some, close: word }),
        fc.record({
          type: fc.constant('consensus'),
          ...some,
          max_rounds: count(3),
          by: fc.constantFrom('text', 'answer'),
          text: word,
          quorum: fc.constantFrom(0.5, 1),
        }),
        fc.record({
          type: fc.constant('pipeline'),
          stages: members,
          see: fc.constantFrom('previous', 'all'),
        }),
      ),
    )
    .map(([shared, team]) => ({ ...shared, ...team }));
}

/** Agents and nested teams in any order, each with a name of its own. */
function participants(depth: number): fc.Arbitrary<Participant[]> {
  if (depth === 0) {
    return agents;
  }
  return fc
    .tuple(agents, fc.array(arbitraryTeam(depth - 1), { maxLength: 1 }), fc.nat())
    .map(([names, teams, turn]) => {
      const all: Participant[] = [...names, ...teams.map((team, index) => ({ ...team, name: `T${index}` }))];
      const start = turn % all.length;
      return [...all.slice(start), ...all.slice(0, start)];
    });
}

const condition: fc.Arbitrary<EdgeCondition> = fc.oneof(
  word.map((contains) => ({ contains })),
  word.map((text) => ({ not_contains: text })),
  word.map((pattern) => ({ pattern })),
  fc.record({ field: fc.constant('choice'), equals: word }),
  fc.constant({ otherwise: true } as const),
);

function graph(depth: number): fc.Arbitrary<TeamDefinition> {
  return participants(depth).chain((members) => {
    const ids = members.map((_member, index) => `n${index}`);
    const id = fc.constantFrom(...ids);
    const edge: fc.Arbitrary<GraphEdge> = fc.record(
      { from: id, to: id, when: condition, group: fc.constantFrom('one', 'two') },
      { requiredKeys: ['from', 'to'] },
    );
    return fc.record(
      {
        type: fc.constant('graph' as const),
        nodes: fc.tuple(
          ...members.map((run, index) =>
            fc.record({
              id: fc.constant(`n${index}`),
              run: fc.constant(run),
              join: fc.constantFrom('all', 'any'),
            }),
          ),
        ),
        edges: fc.array(edge, { maxLength: 5 }),
        start: fc.uniqueArray(id, { minLength: 1 }),
      },
      { requiredKeys: ['type', 'nodes', 'edges'] },
    );
  });
}
