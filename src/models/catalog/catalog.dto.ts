import { type CatalogEntry } from './model-catalog.entity';

/** One variant of a model that can be pulled. */
export class CatalogModel implements CatalogEntry {
  /** @example "Llama 3.2 3B" */
  name!: string;
  /** What to pull. @example "llama3.2:3b" */
  tag!: string;
  /** Bytes; null where it is not known. @example 2019393189 */
  size!: number | null;
  /** @example "llama3.2" */
  family!: string | null;
  /** Quantization. @example "q4_K_M" */
  quant!: string | null;
  /** @example "Small models of Meta for text." */
  description!: string | null;
  notes!: string | null;
  /** 0 = not known. @example 0 */
  pull_count!: number;
  /** Whether Ollama has it; false while Ollama is away. @example true */
  installed!: boolean;
}

export class CatalogModelList {
  /** Most pulled first, then by name. */
  models!: CatalogModel[];
}

/** The outcome of an update. */
export class CatalogUpdated {
  /** @example true */
  success!: boolean;
  /** Text for people. @example "The catalog has 210 models now." */
  message!: string;
  /** @example 210 */
  model_count!: number;
}
