import { type ErrorCode } from '../common/errors/error-codes';
import { TextField } from '../common/validation/fields';

/** An Ollama server to be tested. */
export class EndpointTestRequest {
  /** Its address, without a path. @example "http://localhost:11434" */
  @TextField({ nonBlank: true, maxLength: 2_000 })
  readonly endpoint!: string;
}

/** What an Ollama server says of a model itself; null where it says nothing. */
export class TestedModelDetails {
  /** @example "" */
  parent_model!: string | null;
  /** @example "gguf" */
  format!: string | null;
  /** @example "llama" */
  family!: string | null;
  /** @example ["llama"] */
  families!: string[] | null;
  /** @example "3.2B" */
  parameter_size!: string | null;
  /** @example "Q4_K_M" */
  quantization_level!: string | null;
  /** Longest context in tokens that it was trained for. @example 131072 */
  context_length!: number | null;
  /** @example 3072 */
  embedding_length!: number | null;
}

/** A model of a tested server. */
export class TestedModel {
  /** With its tag. @example "llama3.2:latest" */
  name!: string;
  /** Bytes on disk. @example 2019393189 */
  size!: number | null;
  /** @example "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72" */
  digest!: string | null;
  /** RFC 3339. @example "2026-05-02T11:03:21.48+02:00" */
  modified_at!: string | null;
  details!: TestedModelDetails | null;
}

export class TestedModels {
  models!: TestedModel[];
}

export class TestedVersion {
  /** @example "0.33.0" */
  version!: string;
}

/** A model in the memory of an Ollama server. */
export class LoadedModelStatus {
  /** @example "llama3.2:3b" */
  name!: string;
  /** Bytes in memory; null = Ollama does not say. @example 3389976576 */
  size!: number | null;
  /** Those of them on graphics cards. @example 3389976576 */
  size_vram!: number | null;
  /**
   * When it is unloaded unless it is used, ISO 8601 UTC; about 292 years ahead = never. In the past = at work.
   * @example "2026-05-02T09:15:02.100Z"
   */
  expires_at!: string | null;
  /** The allocated context, in tokens. @example 8192 */
  context_length!: number | null;
}

/** How one Ollama server is doing. */
export class OllamaServerStatus {
  /** As OLLAMA_URLS names it. @example "http://gpu-1:11434" */
  address!: string;
  /** @example true */
  reachable!: boolean;
  /** Null while it is not reachable. @example "0.33.0" */
  version!: string | null;
  /** What it has in memory, by name. */
  loaded_models!: LoadedModelStatus[];
  /** Why it is not reachable, or why its models are not known. @example null */
  error_code!: ErrorCode | null;
}

/** How one Ollama server is doing, and what it has on its disk. */
export class OllamaServerInfo extends OllamaServerStatus {
  /** How many models it has on its disk; 0 while that is not known. @example 2 */
  model_count!: number;
  /** Their names, newest first. @example ["llama3.2:3b", "qwen3:8b"] */
  models!: string[];
}

export class OllamaServerList {
  /** In the order of OLLAMA_URLS. */
  servers!: OllamaServerInfo[];
}
