import { ModelSpec, findModel, guessModel } from './models';
import { parseModelName } from './model-names';
import { SimulatorSettings } from './settings';

/** The model that a pull of that name brings; undefined where the library has none. */
export function findPullable({ library, models }: SimulatorSettings, name: string): ModelSpec | undefined {
  if (library) {
    return findModel(library, name);
  }
  const isUnknown = /^(unknown|missing)/i.test(parseModelName(name)?.model ?? '');
  return findModel(models, name) ?? (isUnknown ? undefined : guessModel(name));
}
