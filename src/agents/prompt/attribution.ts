import { otherNames, type SpeakerInTeam } from './agent';

/** How the messages of others are marked in a prompt. */
export interface Attribution {
  /** Said at the end of the system message; blank = nothing. It is the same in every turn, or the prompt cache would be lost. */
  readonly legend: string;
  readonly mark: (speaker: string, text: string) => string;
}

/**
 * Ways to say who said what. With `system` the names stand once, in the system message, and each message begins with the number
 * of its speaker there: what a small model cannot do is count messages along a list, and the list would change with every turn.
 */
export function attributionOf({ agent, agents }: SpeakerInTeam): Attribution {
  switch (agent.attribution ?? 'prefix') {
    case 'prefix':
      return { legend: '', mark: byName };
    case 'none':
      return { legend: '', mark: (_speaker, text) => text };
    case 'system': {
      const others = otherNames({ agent, agents });
      const numbers = new Map(others.map((name, index) => [name, speakerNumber(index)]));
      const list = others.map((name) => `${numbers.get(name) ?? ''} ${roleOf(name, agents)}`);
      return {
        legend:
          others.length === 0
            ? ''
            : `You are ${agent.name}. These take part in the conversation, too:\n${list.join('\n')}\nEach of their messages begins with the number of who said it. Your own answers have no number.`,
        mark: (speaker, text) => {
          const number = numbers.get(speaker);
          return number === undefined ? byName(speaker, text) : `${number} ${text}`;
        },
      };
    }
  }
}

/** How the speaker at a place of the list is marked. */
export function speakerNumber(index: number): string {
  return `[${index + 1}]`;
}

function byName(speaker: string, text: string): string {
  return `${speaker}: ${text}`;
}

function roleOf(name: string, agents: SpeakerInTeam['agents']): string {
  const description = agents.find((agent) => agent.name === name)?.description?.trim() ?? '';
  return description === '' ? name : `${name}: ${description.replace(/\s+/g, ' ')}`;
}
