import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** Where a pull is, as clients see it: Ollama's last line, with the sums over all layers seen so far. */
export class PullProgress {
  @ApiProperty({
    description: "Ollama's text, for example `pulling aa11` or `verifying sha256 digest`.",
    example: 'pulling dde5aa3fc5ff',
  })
  status!: string;

  @ApiPropertyOptional({
    description: 'The layer that the last line told of.',
    example: 'sha256:dde5aa3fc5ff',
  })
  digest?: string;

  @ApiPropertyOptional({
    description: 'The server that the last line came from, where there are several.',
    example: 'http://gpu-1:11434',
  })
  server?: string;

  @ApiPropertyOptional({
    description:
      'Bytes of all layers seen so far, once for each server that is pulled to; left out before the first layer.',
    example: 2019377376,
  })
  total?: number;

  @ApiPropertyOptional({
    description: 'Bytes that are there, of all layers and servers; never goes down.',
    example: 504844344,
  })
  completed?: number;

  @ApiPropertyOptional({ description: '0 to 100; never goes down.', example: 25 })
  percent?: number;

  @ApiPropertyOptional({ description: 'Bytes per second, smoothed; while bytes come.', example: 52428800 })
  speed?: number;

  @ApiPropertyOptional({
    description: 'Seconds until the layers seen so far are there, at that speed.',
    example: 29,
  })
  eta_seconds?: number;

  @ApiPropertyOptional({ description: 'Room on the volume of OLLAMA_MODELS_DIR, in GiB.', example: 75.13 })
  disk_space_available_gb?: number;

  @ApiPropertyOptional({
    description: 'Set when that room runs low.',
    example: 'Low disk space: 4.20 GB left.',
  })
  disk_space_warning?: string;
}
