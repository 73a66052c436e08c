import { type StatValues } from '../simulator/stats';
import { requestJson } from './requests';

/** The control routes of the simulator, as far as they are needed here. */
export class Simulator {
  constructor(readonly url: string) {}

  /** Answers everything with this many tokens. */
  async answerWith(tokens: number): Promise<void> {
    const reply = {
      tokens: Array.from({ length: tokens }, (_, index) => WORDS[index % WORDS.length]),
      times: 'forever',
    };
    await requestJson(`${this.url}/_sim/script`, { replies: [reply] });
  }

  stats(): Promise<StatValues> {
    return requestJson(`${this.url}/_sim/stats`);
  }

  /** Waits until this many answers are being sent. */
  async untilSending(answers: number): Promise<void> {
    await requestJson(`${this.url}/_sim/wait?stat=phases.generating&at_least=${answers}&timeout_ms=20000`);
  }
}

const WORDS = [' the', ' old', ' harbour', ' lies', ' below', ' two', ' steep', ' hills', ',', ' quietly'];
