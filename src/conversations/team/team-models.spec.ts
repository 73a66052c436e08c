import { modelsOfTeam } from './team-models';

const selector = { allow_repeated_speaker: false, max_attempts: 3 } as const;

describe('modelsOfTeam', () => {
  it('names the models that choose speakers, of nested teams too', () => {
    expect(
      modelsOfTeam({
        type: 'selector',
        ...selector,
        selector_model: 'outer:1b',
        participants: [
          'Ann',
          {
            type: 'selector',
            ...selector,
            name: 'pair',
            selector_model: 'inner:1b',
            participants: ['Bob', 'Cem'],
          },
        ],
      }),
    ).toEqual(['outer:1b', 'inner:1b']);
  });

  it('names none where the team leaves the model open', () => {
    expect(modelsOfTeam({ type: 'selector', ...selector, participants: ['Ann', 'Bob'] })).toEqual([]);
    expect(modelsOfTeam({ type: 'round_robin', participants: ['Ann', 'Bob'] })).toEqual([]);
  });
});
