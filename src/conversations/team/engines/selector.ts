import { type EnginePart, type SelectorTeam } from '../definition/team-definition';
import { type Engine, type EngineContext, type Move, type Question } from '../engine';
import { participantIds } from '../members';
import { knownChoice } from '../speaker-choice';
import { parseSelectorAnswer, selectorFeedback, selectorSchema } from './selector-answer';
import { buildSelectorPrompt } from './selector-prompt';
import { fallbackSpeaker, selectorCandidates } from './selector-rules';

/** The answer is one name in a small JSON object; some models cannot be kept from thinking before it. */
const ANSWER_TOKENS = 500;

/** A model chooses who speaks next (decision 17). One candidate needs no call. */
export const selector: Engine<SelectorTeam<EnginePart>> = {
  next(team, moves, context) {
    const candidates = selectorCandidates(team, moves);
    const [only] = candidates;
    if (only === undefined) {
      throw new Error('A team needs at least one participant.');
    }
    if (candidates.length === 1) {
      return { kind: 'moves', moves: [{ member: only, choice: knownChoice('only_candidate', candidates) }] };
    }
    if (context.decision === null) {
      return { kind: 'ask', question: whoIsNext(team, moves, candidates, context) };
    }
    const { value, choice } = context.decision;
    return { kind: 'moves', moves: [{ member: String(value), choice }] };
  },
};

function whoIsNext(
  team: SelectorTeam<EnginePart>,
  moves: readonly Move[],
  candidates: readonly string[],
  context: EngineContext,
): Question<string> {
  const members = participantIds(team);
  return {
    purpose: 'selector',
    method: 'selector',
    candidates,
    model: team.selector_model ?? null,
    messages: (historyCharacters) =>
      buildSelectorPrompt(
        {
          selectorPrompt: team.selector_prompt ?? null,
          roles: members.map((name) => ({ name, role: context.roles.get(name) ?? '' })),
          candidates,
          task: context.task,
          heard: context.heard,
        },
        historyCharacters,
      ),
    schema: selectorSchema(candidates),
    maxAttempts: team.max_attempts,
    maxTokens: ANSWER_TOKENS,
    read: (raw) => {
      const answer = parseSelectorAnswer(raw, candidates, members);
      return 'speaker' in answer ? { value: answer.speaker } : answer;
    },
    feedback: (problem) => selectorFeedback(problem, candidates),
    fallback: () =>
      fallbackSpeaker(team.fallback ?? 'round_robin', {
        members,
        candidates,
        moves,
        seed: context.seed('selector'),
      }),
  };
}
