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
