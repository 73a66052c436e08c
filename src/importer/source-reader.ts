import { type Settings } from '../config/settings.schema';
import { type Reading } from './records/reading';
import { safeObject } from './records/record-checks';
import { type Report } from './report';
import { type SourceFolder } from './source/source-folder';
import { type SourceObject } from './source/source-object';
import { type ReadTime, timeReader } from './source/times';

/** A file of the source, ready to be made a record of. */
export interface OpenedFile {
  readonly json: unknown;
  readonly reading: Reading;
  readonly bytes: number;
}

/** Opens files of the source with what is needed to read records from them. */
export class SourceReader {
  private readonly localTime: ReadTime;
  private readonly utcTime = timeReader('UTC');

  constructor(
    private readonly folder: SourceFolder,
    private readonly settings: Settings,
    private readonly report: Report,
    zone: string,
  ) {
    this.localTime = timeReader(zone);
  }

  /** @throws Unusable */
  open({ path, isOlder }: { readonly path: string; readonly isOlder: boolean }): OpenedFile {
    const { json, bytes, modifiedAt } = this.folder.readJson(path);
    return {
      json,
      bytes,
      reading: {
        settings: this.settings,
        readTime: isOlder ? this.utcTime : this.localTime,
        modifiedAt,
        note: (text) => this.report.note(path, text),
      },
    };
  }

  /** Opens a file that is one record. @throws Unusable */
  openRecord(file: {
    readonly path: string;
    readonly isOlder: boolean;
  }): OpenedFile & { fields: SourceObject } {
    const opened = this.open(file);
    return { ...opened, fields: safeObject(opened.json, this.settings) };
  }
}
