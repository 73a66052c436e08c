import { type PipeTransform } from '@nestjs/common';

/** Express gives what a wildcard stands for in parts; the slashes between them belong to the name. */
export class ModelNamePipe implements PipeTransform<string | string[], string> {
  transform(value: string | string[]): string {
    return Array.isArray(value) ? value.join('/') : value;
  }
}
