import { Layer, layersOf } from './layers';
import { ModelSpec, findModel } from './models';
import { SimulatorState } from './state';

/** Whether the blob need not be downloaded: an earlier pull did, or an installed model has it. */
export function isOnDisk({ settings, blobs }: SimulatorState, layer: Layer): boolean {
  return blobs.isComplete(layer) || isUsed(settings.models, layer);
}

/** Installs a pulled model in place of one of the same name; true where that leaves blobs that no model uses. */
export function installModel(state: SimulatorState, pulled: ModelSpec): boolean {
  const replaced = findModel(state.settings.models, pulled.name);
  const others = state.settings.models.filter((model) => model !== replaced);
  const name = replaced?.name ?? pulled.name;
  const models = [{ ...pulled, name, modifiedAtMs: Date.now() }, ...others];
  state.settings = { ...state.settings, models };
  state.blobs.forget(layersOf(pulled));
  return replaced !== undefined && layersOf(replaced).some((layer) => !isUsed(models, layer));
}

/** Removes a model with the blobs that no other has. A loaded copy runs on. */
export function removeModel(state: SimulatorState, removed: ModelSpec): void {
  const models = state.settings.models.filter((model) => model !== removed);
  state.settings = { ...state.settings, models };
}

function isUsed(models: readonly ModelSpec[], { digest }: Layer): boolean {
  return models.some((model) => layersOf(model).some((layer) => layer.digest === digest));
}
