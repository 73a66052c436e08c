import { type ExperimentUse, ModelUse } from './model-use';

const using = (...models: string[]): ExperimentUse => ({
  models,
  priority: 'normal',
  etaSeconds: () => null,
});

describe(ModelUse.name, () => {
  it('knows the experiments that use a model in any spelling, until they end', () => {
    const use = new ModelUse();
    const endFirst = use.hold('first', using('Llama2', 'qwen3:8b'));
    use.hold('second', using('llama2:latest'));

    expect(use.usersOf('llama2')).toEqual(['first', 'second']);
    expect(use.usersOf('qwen3:8b')).toEqual(['first']);
    expect(use.usersOf('qwen3')).toEqual([]);
    endFirst();
    expect(use.usersOf('LLAMA2:latest')).toEqual(['second']);
  });
});
