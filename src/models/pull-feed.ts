import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { type PullTaskEntity } from './pull-task.entity';

/** Something that watchers of pulls are told. */
export type PullNews =
  | { readonly kind: 'status'; readonly task: PullTaskEntity }
  | { readonly kind: 'progress'; readonly task: PullTaskEntity }
  | { readonly kind: 'removed'; readonly task: PullTaskEntity }
  | {
      readonly kind: 'model.deleted';
      readonly name: string;
      /** Where there are several. */
      readonly server?: string;
    };

/** Tells the transports what happens to pulls and models. Publish after it is stored. */
@Injectable()
export class PullFeed extends Subject<PullNews> {}
