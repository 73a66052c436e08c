import { ApiProperty } from '@nestjs/swagger';
import { BooleanField, TextField } from '../../common/validation/fields';

/** A model on the disk of Ollama; with several servers what the first one that has it says. */
export class InstalledModelInfo {
  /** @example "llama3.2:3b" */
  name!: string;
  /** Bytes. @example 2019393189 */
  size!: number;
  /** SHA-256 of the manifest. @example "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72" */
  digest!: string;
  /** RFC 3339. @example "2026-05-02T11:03:21.48+02:00" */
  modified_at!: string;
  /** As Ollama tells them: family, size, quantization. */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { family: 'llama', parameter_size: '3.2B' },
  })
  details!: Readonly<Record<string, unknown>>;
  /** Addresses of the servers that have it; left out when there is only one server. @example ["http://gpu-1:11434"] */
  servers?: string[];
}

export class InstalledModelList {
  /** Newest first. */
  models!: InstalledModelInfo[];
}

/** A model in memory. */
export class LoadedModelInfo {
  /** @example "llama3.2:3b" */
  name!: string;
  /** Bytes in memory. @example 3389976576 */
  size!: number;
  /** Those of them on the GPU. @example 3389976576 */
  size_vram!: number;
  /** RFC 3339; when it is unloaded unless it is used again. @example "2026-05-02T11:15:02.1+02:00" */
  expires_at!: string | null;
  /** The context that was allocated, in tokens. @example 8192 */
  context_length!: number | null;
  /** SHA-256 of the manifest. @example "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72" */
  digest!: string;
  /** Address of the server; left out when there is only one. @example "http://gpu-1:11434" */
  server?: string;
}

export class LoadedModelList {
  /** The one that stays longest first; with several servers one server after the other. */
  models!: LoadedModelInfo[];
}

/** What a model can do. */
export class ModelInfo {
  /** @example "llama3.2:3b" */
  name!: string;
  /** SHA-256 of the manifest. @example "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72" */
  digest!: string;
  /** Bytes on the disk. @example 2019393189 */
  size!: number;
  /** RFC 3339. @example "2026-05-02T11:03:21.48+02:00" */
  modified_at!: string;
  /** For example `completion`, `tools`, `thinking`, `vision`; null from an Ollama that does not say. @example ["completion"] */
  capabilities!: string[] | null;
  /** Longest context that it was trained for, in tokens. @example 131072 */
  context_length!: number | null;
  /** Its own parameters as Ollama lists them, one a line. @example "stop \"<|eot_id|>\"" */
  parameters!: string | null;
  /** As Ollama tells them: family, size, quantization. */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { family: 'llama', parameter_size: '3.2B' },
  })
  details!: Readonly<Record<string, unknown>>;
  /** Addresses of the servers that have it; left out when there is only one server. @example ["http://gpu-1:11434"] */
  servers?: string[];
}

export class OllamaVersion {
  /** @example "0.33.0" */
  version!: string;
}

/** Query of what takes a model away. */
export class ForceQuery {
  /** Do it although running experiments use the model. @example false */
  @BooleanField({ optional: true })
  readonly force?: boolean = false;
}

/** Query of what takes a model off the disk. */
export class DeleteModelQuery extends ForceQuery {
  /** The Ollama server to take it from: an address of OLLAMA_URLS, or `all`; left out = all. @example "all" */
  @TextField({ optional: true, trim: true, nonBlank: true, maxLength: 2_000 })
  readonly server?: string;
}
