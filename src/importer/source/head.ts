import { type Settings } from '../../config/settings.schema';
import { title } from '../records/conversation-record';
import { checkedId, safeObject } from '../records/record-checks';
import { type SourceFolder } from './source-folder';

/** What the survey needs to know of a file. */
export interface Head {
  readonly id: string;
  readonly title: string | null;
  readonly experimentId: string | null;
  readonly iteration: number | null;
  /** As it stands in the file. */
  readonly createdAt: string | null;
}

/**
 * Reads who a file says it is.
 * @param fallbackId its id when it does not say: the old server named the files after the ids
 * @throws Unusable
 */
export function readHead(folder: SourceFolder, path: string, fallbackId: string, settings: Settings): Head {
  const fields = safeObject(folder.readJson(path).json, settings);
  return {
    id: checkedId(fields.textOrNull('id') ?? fallbackId, 'id'),
    title: title(fields, { settings }),
    experimentId: fields.wordsOrNull('experiment_id'),
    iteration: fields.countOrNull('iteration'),
    createdAt: fields.textOrNull('created_at'),
  };
}
