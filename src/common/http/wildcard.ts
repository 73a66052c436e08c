import { Injectable, type PipeTransform } from '@nestjs/common';

/**
 * Pipe for a path parameter that may hold slashes (`*conversation_id`): Express gives its segments, each one decoded.
 * `a/b` and `a%2Fb` are the same text.
 */
@Injectable()
export class WildcardText implements PipeTransform<string | readonly string[], string> {
  transform(value: string | readonly string[]): string {
    return typeof value === 'string' ? value : value.join('/');
  }
}
