import { FieldTypes, checkFields, goKind, parseGoDuration } from './go-json';
import { JsonObject, isObject } from './input';
import { PromptMessage } from './matching';
import { ModelSpec, findModel } from './models';
import { fullName, parseModelName } from './model-names';
import { OllamaError } from './ollama-error';
import { LoadOptions, ReplyOptions, readOptions } from './options';
import { SimulatorSettings } from './settings';

export type ChatKind = 'chat' | 'generate';
export type ThinkLevel = 'low' | 'medium' | 'high' | 'max';
/** A wanted format: none, any JSON, or a JSON schema. */
export type ReplyFormat = undefined | 'json' | JsonObject;

/** A tool that the model may call. */
export interface OfferedTool {
  name: string;
  /** JSON schema of its arguments. */
  parameters: JsonObject;
}

/** A checked request for an answer of a model. */
export interface ChatCall {
  kind: ChatKind;
  model: ModelSpec;
  /** The name as the request spells it; answers repeat it. */
  requestedModel: string;
  /** Without any, the request only loads the model. */
  messages: PromptMessage[];
  stream: boolean;
  format: ReplyFormat;
  tools: OfferedTool[];
  think: boolean | ThinkLevel;
  keepAliveMs: number;
  load: LoadOptions;
  options: ReplyOptions;
  /** False: a prompt that is too long is an error instead of being cut. */
  truncate: boolean;
  /** False: generation ends where the window is full. */
  shift: boolean;
  raw: boolean;
}

const COMMON: FieldTypes = {
  model: ['string', 'string'],
  stream: ['bool', 'bool'],
  options: ['map[string]interface {}', 'object'],
  keep_alive: ['api.Duration', 'string', 'number'],
  truncate: ['bool', 'bool'],
  shift: ['bool', 'bool'],
  logprobs: ['bool', 'bool'],
  top_logprobs: ['int', 'number'],
};

const FIELDS: Record<ChatKind, FieldTypes> = {
  chat: { ...COMMON, messages: ['[]api.Message', 'array'], tools: ['api.Tools', 'array'] },
  generate: {
    ...COMMON,
    prompt: ['string', 'string'],
    suffix: ['string', 'string'],
    system: ['string', 'string'],
    template: ['string', 'string'],
    context: ['[]int', 'array'],
    raw: ['bool', 'bool'],
    images: ['[]api.ImageData', 'array'],
  },
};

const MESSAGE_FIELDS: FieldTypes = {
  role: ['string', 'string'],
  content: ['string', 'string'],
  thinking: ['string', 'string'],
  images: ['[]api.ImageData', 'array'],
  tool_calls: ['[]api.ToolCall', 'array'],
};

/** The messages as far as they can be read: for matching, before anything is checked. */
export function looseMessages(body: JsonObject): PromptMessage[] {
  if (Array.isArray(body['messages'])) {
    return body['messages'].filter(isObject).map(({ role, content }) => ({
      role: typeof role === 'string' ? role.toLowerCase() : '',
      content: typeof content === 'string' ? content : '',
    }));
  }
  const { prompt, system } = body;
  return isText(prompt)
    ? [...(isText(system) ? [{ role: 'system', content: system }] : []), { role: 'user', content: prompt }]
    : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Checks a request in the order Ollama does and throws the error that Ollama would answer. */
export function readChatCall(kind: ChatKind, body: JsonObject, settings: SimulatorSettings): ChatCall {
  checkTypes(kind, body);
  const keepAliveMs = readKeepAlive(body['keep_alive'], settings);
  const think = readThink(body['think']);
  const { model, requestedModel } = readModel(kind, body['model'], settings);
  const messages = looseMessages(body);
  // Whatever a model can do, it can be unloaded.
  if (messages.length > 0 || keepAliveMs !== 0) {
    checkCapabilities(kind, body, model, requestedModel, think);
  }
  const { load, options } = readOptions(body, model, settings);
  if (model.system !== undefined && messages.length > 0 && messages[0]?.role !== 'system') {
    messages.unshift({ role: 'system', content: model.system });
  }
  return {
    kind,
    model,
    requestedModel,
    messages,
    stream: body['stream'] !== false,
    format: readFormat(body['format']),
    tools: kind === 'chat' ? readTools(body['tools']) : [],
    think: model.capabilities.includes('thinking') ? (think ?? true) : false,
    keepAliveMs,
    load,
    options,
    truncate: body['truncate'] !== false,
    shift: body['shift'] !== false,
    raw: body['raw'] === true,
  };
}

function checkTypes(kind: ChatKind, body: JsonObject): void {
  const struct = kind === 'chat' ? 'ChatRequest' : 'GenerateRequest';
  checkFields(body, struct, FIELDS[kind]);
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  for (const message of messages) {
    if (!isObject(message)) {
      const text = `json: cannot unmarshal ${goKind(message)} into Go struct field ${struct}.messages of type api.Message`;
      throw new OllamaError(400, text);
    }
    checkFields(message, `${struct}.messages`, MESSAGE_FIELDS);
    checkImages(message['images']);
  }
  checkImages(body['images']);
  const topLogprobs = body['top_logprobs'];
  if (typeof topLogprobs === 'number' && (topLogprobs < 0 || topLogprobs > 20)) {
    throw new OllamaError(400, 'top_logprobs must be between 0 and 20');
  }
}

function checkImages(images: unknown): void {
  for (const image of Array.isArray(images) ? images : []) {
    const wrongAt = String(image).search(/[^A-Za-z0-9+/=]/);
    if (wrongAt !== -1) {
      throw new OllamaError(400, `illegal base64 data at input byte ${wrongAt}`);
    }
  }
}

/** Milliseconds to keep the model loaded: a number counts seconds, a text is a Go duration with its unit. */
function readKeepAlive(value: unknown, settings: SimulatorSettings): number {
  if (typeof value === 'number') {
    return value * 1000;
  }
  return typeof value === 'string' ? parseGoDuration(value) : settings.keepAliveSeconds * 1000;
}

function readThink(value: unknown): boolean | ThinkLevel | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') {
    return value ?? undefined;
  }
  const level = (['low', 'medium', 'high', 'max'] as const).find((candidate) => candidate === value);
  if (!level) {
    const given = JSON.stringify(value);
    throw new OllamaError(
      400,
      `invalid think value: ${given} (must be "high", "medium", "low", "max", true, or false)`,
    );
  }
  return level;
}

function readModel(
  kind: ChatKind,
  value: unknown,
  settings: SimulatorSettings,
): { model: ModelSpec; requestedModel: string } {
  const requestedModel = typeof value === 'string' ? value : '';
  if (requestedModel === '') {
    throw kind === 'chat'
      ? new OllamaError(400, 'model is required')
      : new OllamaError(404, `model '' not found`);
  }
  if (!parseModelName(requestedModel)) {
    throw new OllamaError(400, 'invalid model name');
  }
  const model = findModel(settings.models, requestedModel);
  if (!model) {
    throw new OllamaError(404, `model '${requestedModel}' not found`);
  }
  return { model, requestedModel };
}

function checkCapabilities(
  kind: ChatKind,
  body: JsonObject,
  model: ModelSpec,
  requestedModel: string,
  think: boolean | ThinkLevel | undefined,
): void {
  const can = (capability: ModelSpec['capabilities'][number]): boolean =>
    model.capabilities.includes(capability);
  const parsed = parseModelName(model.name);
  const full = parsed ? fullName(parsed) : model.name;
  if (!can('completion')) {
    throw new OllamaError(400, `"${requestedModel}" does not support ${kind}`);
  }
  if (kind === 'chat' && Array.isArray(body['tools']) && body['tools'].length > 0 && !can('tools')) {
    throw new OllamaError(400, `${full} does not support tools`);
  }
  if (kind === 'generate' && typeof body['suffix'] === 'string' && body['suffix'] !== '' && !can('insert')) {
    throw new OllamaError(400, `${full} does not support insert`);
  }
  if (think !== undefined && think !== false && !can('thinking')) {
    throw new OllamaError(400, `"${requestedModel}" does not support thinking`);
  }
}

/** Tools without a name are passed over, as nothing could call them. */
function readTools(value: unknown): OfferedTool[] {
  return (Array.isArray(value) ? value : []).flatMap((tool: unknown) => {
    const given = isObject(tool) && isObject(tool['function']) ? tool['function'] : {};
    const { name, parameters } = given;
    return isText(name) ? [{ name, parameters: isObject(parameters) ? parameters : {} }] : [];
  });
}

function readFormat(value: unknown): ReplyFormat {
  if (value === undefined || value === null || value === '') {
    return undefined;
  }
  if (value === 'json' || isObject(value)) {
    return value;
  }
  const given = JSON.stringify(value);
  throw new OllamaError(500, `invalid format: ${given}; expected "json" or a valid JSON Schema object`);
}
