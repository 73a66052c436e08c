import { type ImportContext } from './import-experiments';
import { readSaved } from './records/conversation-record';
import { reasonOf } from './unusable';

/** Moves the conversations that clients saved or imported. */
export async function importSaved({ survey, reader, batch, report, advance }: ImportContext): Promise<void> {
  for (const found of survey.conversations) {
    try {
      const { fields, reading, bytes } = reader.openRecord(found);
      await batch.addSaved(readSaved(fields, found.id, reading), found.path, bytes);
    } catch (error) {
      report.skip('conversations', found.path, reasonOf(error));
    }
    advance(1);
  }
}
