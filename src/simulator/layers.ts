import { createHash } from 'node:crypto';
import { isObject, optional, readArray, readInteger, readObject, readText } from './input';

/** A blob of a model: models that share a digest share the file. */
export interface Layer {
  /** `sha256:` and 64 hex digits. */
  digest: string;
  bytes: number;
}

/** What layers are made up from where a model does not list its own. */
interface Layered {
  name: string;
  family: string;
  sizeBytes: number;
  layers?: Layer[];
}

const LICENSE_BYTES = 7712;
const TEMPLATE_BYTES = 1429;
const CONFIG_BYTES = 485;

/** The digest of a blob with that content; a text stands for the content. */
function digestOfContent(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A model's blobs in the order they are pulled: weights, license (one per family), template, config. */
export function layersOf({ name, family, sizeBytes, layers }: Layered): readonly Layer[] {
  if (layers) {
    return layers;
  }
  const blob = (part: string, bytes: number): Layer => ({
    digest: digestOfContent(`${part} ${name.toLowerCase()}`),
    bytes,
  });
  const small = [
    { digest: digestOfContent(`license ${family}`), bytes: LICENSE_BYTES },
    blob('template', TEMPLATE_BYTES),
    blob('config', CONFIG_BYTES),
  ];
  return [blob('weights', Math.max(0, sizeBytes - sumOfBytes(small))), ...small];
}

export function sumOfBytes(layers: readonly Layer[]): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Reads layers given as numbers of bytes, or as objects whose `digest` may be any text: equal texts are one blob. */
export function readLayers(value: unknown, what: string, modelName: string): Layer[] {
  return readArray(value, what).map((entry, index) => {
    const object = isObject(entry) ? readObject(entry, 'a layer', ['bytes', 'digest']) : { bytes: entry };
    const label = optional(object, 'digest', readText) ?? `layer ${index} ${modelName.toLowerCase()}`;
    return {
      digest: /^sha256:[0-9a-f]{64}$/.test(label) ? label : digestOfContent(label),
      bytes: readInteger(object['bytes'], `${what}[${index}]`, 0),
    };
  });
}
