import { ModelSpeeds } from './model-speeds';

describe(ModelSpeeds.name, () => {
  it('averages what was measured, prompts only without a cache and loads only where there was one', () => {
    const speeds = new ModelSpeeds();
    const measures = {
      loadMs: 5_000,
      promptMs: 100,
      promptTokens: 100,
      generateMs: 1_000,
      completionTokens: 50,
    };
    speeds.learn('a', measures, { isLoad: true, isCold: true });
    expect(speeds.of('a')).toEqual({
      tokensPerSecond: 50,
      promptTokensPerSecond: 1_000,
      loadMs: 5_000,
      callMs: 1_100,
    });
    speeds.learn(
      'a',
      { ...measures, loadMs: 3, promptMs: 1, generateMs: 500 },
      { isLoad: false, isCold: false },
    );
    expect(speeds.of('a')).toMatchObject({
      promptTokensPerSecond: 1_000,
      loadMs: 5_000,
      tokensPerSecond: 60,
    });
  });

  it('knows nothing of a model that was not called', () => {
    expect(new ModelSpeeds().of('a')).toEqual({
      tokensPerSecond: null,
      promptTokensPerSecond: null,
      loadMs: null,
      callMs: null,
    });
  });
});
