import {
  type TestedModel,
  type TestedModelDetails,
  type TestedModels,
  type TestedVersion,
} from './ollama.dto';

/** Longest text that is taken over from another server: a full model name has at most 594 characters. */
const MAX_TEXT = 600;

/** What a version looks like; anything else might be a message. */
const VERSION = /^[\w.+-]{1,100}$/;

type Fields = Readonly<Record<string, unknown>>;

/** Takes over what is known of an answer of `/api/tags`; undefined when it is none. */
export function readTestedModels(answer: unknown): TestedModels | undefined {
  const list = isFields(answer) ? answer['models'] : undefined;
  // Go writes null for an empty list.
  const models: unknown = list === null ? [] : list;
  return Array.isArray(models) ? { models: models.flatMap((entry: unknown) => readModel(entry)) } : undefined;
}

/** Takes over the version of an answer of `/api/version`; undefined when it has none. */
export function readTestedVersion(answer: unknown): TestedVersion | undefined {
  const version = isFields(answer) ? answer['version'] : undefined;
  return typeof version === 'string' && VERSION.test(version) ? { version } : undefined;
}

/** Entries without a name are left out. */
function readModel(entry: unknown): TestedModel[] {
  const name = isFields(entry) ? text(entry['name']) : null;
  if (!isFields(entry) || name === null) {
    return [];
  }
  return [
    {
      name,
      size: number(entry['size']),
      digest: text(entry['digest']),
      modified_at: text(entry['modified_at']),
      details: isFields(entry['details']) ? readDetails(entry['details']) : null,
    },
  ];
}

function readDetails(details: Fields): TestedModelDetails {
  const families: unknown = details['families'];
  return {
    parent_model: text(details['parent_model']),
    format: text(details['format']),
    family: text(details['family']),
    families: Array.isArray(families)
      ? families.map((family: unknown) => text(family)).filter((family) => family !== null)
      : null,
    parameter_size: text(details['parameter_size']),
    quantization_level: text(details['quantization_level']),
    context_length: number(details['context_length']),
    embedding_length: number(details['embedding_length']),
  };
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value.length <= MAX_TEXT ? value : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
