import { DEFAULT_SELECTOR_PROMPT } from '../conversations/team/engines/selector-prompt';
import { type DefaultChatRules } from './dto/experiment-answers.dto';

/** The rules that count when a request has none, in both spellings: the dashboard stores the answer in its form. */
export function defaultChatRules(maxRounds: number): DefaultChatRules {
  return {
    max_rounds: maxRounds,
    maxRounds,
    team_type: 'round_robin',
    teamType: 'round_robin',
    selector_prompt: DEFAULT_SELECTOR_PROMPT,
    selectorPrompt: DEFAULT_SELECTOR_PROMPT,
    allow_repeat_speaker: false,
    allowRepeatSpeaker: false,
    max_consecutive_auto_reply: null,
    maxConsecutiveAutoReply: null,
    termination_condition: null,
    terminationCondition: null,
  };
}
