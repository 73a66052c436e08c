import { isPlainObject } from '../../../common/validation/unsafe-values';
import { type Component, type Fields, inner, numberOf, textOf } from './component';
import { type Mapping } from './mapping';

/** How an agent asks its model, as far as a model client says so. */
export interface ModelChoice {
  readonly model?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly response_format?: Fields;
}

/** Options that have the same name and meaning in `options` of the Ollama client. */
const OPTIONS = [
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'repeat_penalty',
  'seed',
  'num_predict',
  'num_ctx',
];

/** Reads the model client in a field of a component. */
export function modelOf(owner: Component, mapping: Mapping): ModelChoice {
  const client = inner(owner, 'model_client');
  if (client === null) {
    return {};
  }
  const model = textOf(client.config['model']);
  if (client.name !== 'OllamaChatCompletionClient') {
    mapping.lacks(
      client,
      `only models of Ollama can be asked: name one for '${model ?? ''}' with \`models\` when the team is started`,
    );
    const temperature = numberOf(client.config['temperature']);
    return temperature === null ? {} : { options: { temperature } };
  }
  mapping.took(client, `model ${model ?? ''}`);
  if (textOf(client.config['host']) !== null) {
    mapping.lacks(client, 'all models are asked at OLLAMA_URL', 'host');
  }
  const { options, response_format: format } = client.config;
  return {
    ...(model === null ? {} : { model }),
    ...optionsOf(client, options, mapping),
    ...(isPlainObject(format) ? { response_format: format } : {}),
  };
}

function optionsOf(client: Component, options: unknown, mapping: Mapping): Pick<ModelChoice, 'options'> {
  if (!isPlainObject(options)) {
    return {};
  }
  const given = Object.entries(options).filter(([, value]) => value !== null && value !== undefined);
  const known = given.filter(([name]) => OPTIONS.includes(name) || name === 'stop');
  for (const [name] of given.filter(([key]) => !OPTIONS.includes(key) && key !== 'stop')) {
    mapping.lacks(client, 'there is no such option for an agent', `options/${name.slice(0, 100)}`);
  }
  return known.length === 0 ? {} : { options: Object.fromEntries(known) };
}
