import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';

/** Something that the list of experiments shows has changed. */
export interface ExperimentChange {
  readonly kind: 'created' | 'changed' | 'removed';
  readonly experimentId: string;
}

/** Tells the transports of changes in the list of experiments. Publish after the change is stored. */
@Injectable()
export class ExperimentChanges extends Subject<ExperimentChange> {}
