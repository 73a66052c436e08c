import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { type LibraryHead } from './library-item';
import { type LibraryKind } from './library-entry.entity';

/** Something that was saved in the library or removed from it. */
export type LibraryChange =
  | { readonly what: 'saved'; readonly kind: LibraryKind; readonly entry: LibraryHead }
  | { readonly what: 'removed'; readonly kind: LibraryKind; readonly id: string };

/** Tells the gateway of changes. Publish after the change is stored. */
@Injectable()
export class LibraryChanges extends Subject<LibraryChange> {}
