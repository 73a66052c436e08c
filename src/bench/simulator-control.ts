import { type LoadRecord } from '../simulator/load-log';
import { type SettingsPatch } from '../simulator/settings';
import { type StatValues } from '../simulator/stats';
import { requestJson } from './requests';

/** The control routes of the simulator, as far as they are needed here. */
export class Simulator {
  constructor(readonly url: string) {}

  /** Changes these settings; the others stay. */
  async configure(settings: SettingsPatch): Promise<void> {
    await requestJson(`${this.url}/_sim/config`, settings);
  }

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

  /** Which model was in memory when, oldest first. */
  async loads(): Promise<readonly LoadRecord[]> {
    const { loads } = await requestJson<{ loads: LoadRecord[] }>(`${this.url}/_sim/loads`);
    return loads;
  }

  /** Waits until this many answers are being sent. */
  async untilSending(answers: number): Promise<void> {
    await requestJson(`${this.url}/_sim/wait?stat=phases.generating&at_least=${answers}&timeout_ms=20000`);
  }
}

const WORDS = [' the', ' old', ' harbour', ' lies', ' below', ' two', ' steep', ' hills', ',', ' quietly'];
