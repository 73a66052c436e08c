import { Exchange } from './exchange';
import { removeModel } from './installed';
import { findModel } from './models';
import { parseModelName } from './model-names';
import { namedModel, readNamed } from './named-request';
import { OllamaError } from './ollama-error';
import { SimulatorState } from './state';

/** `DELETE /api/delete`. */
export function answerDelete(state: SimulatorState, { body, response }: Exchange): void {
  const name = namedModel(readNamed('DeleteRequest', body));
  if (name === '') {
    throw new OllamaError(400, 'model is required');
  }
  if (!parseModelName(name)) {
    throw new OllamaError(400, `name ${JSON.stringify(name)} is invalid`);
  }
  const model = findModel(state.settings.models, name);
  if (!model) {
    throw new OllamaError(404, `model '${name}' not found`);
  }
  removeModel(state, model);
  response.writeHead(200, { 'Content-Length': 0 }).end();
}
