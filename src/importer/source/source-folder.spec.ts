import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../database/testing/temporary-database';
import { reasonFor } from '../testing/a-reading';
import { CannotImport } from '../unusable';
import { SourceFolder } from './source-folder';

describe(SourceFolder, () => {
  let outer: ReturnType<typeof temporaryFolder>;
  let root: string;

  beforeEach(() => {
    outer = temporaryFolder();
    root = join(outer.path, 'data');
    mkdirSync(root);
    writeFileSync(join(outer.path, 'data-secret.json'), '{}');
  });
  afterEach(() => outer.remove());

  const open = (maxBytes = 1_000) => SourceFolder.open(root, maxBytes);

  it('lists folders and files by name, without locks, temporary and hidden files', () => {
    mkdirSync(join(root, 'b'));
    for (const name of ['c.json', 'a.json', 'a.json.lock', 'a.tmp', '.hidden']) {
      writeFileSync(join(root, name), '');
    }
    expect(open().list('.')).toEqual({ folders: ['b'], files: ['a.json', 'c.json'], problems: [] });
    expect(open().list('nowhere')).toEqual({ folders: [], files: [], problems: [] });
    expect(open().list('a.json').problems).toEqual([
      { name: '', reason: 'cannot be read: it is not a folder' },
    ]);
  });

  it('follows links inside, and none that leads out', () => {
    writeFileSync(join(root, 'a.json'), '[1]');
    symlinkSync('a.json', join(root, 'in.json'));
    symlinkSync(join(outer.path, 'data-secret.json'), join(root, 'out.json'));
    symlinkSync('..', join(root, 'up'));
    const folder = open();
    const leadsOut = 'is a link that leads out of the data directory';

    expect(folder.list('.')).toEqual({
      folders: [],
      files: ['a.json', 'in.json'],
      problems: [
        { name: 'out.json', reason: leadsOut },
        { name: 'up', reason: leadsOut },
      ],
    });
    expect(folder.readJson('in.json').json).toEqual([1]);
    expect(reasonFor(() => folder.readJson('out.json'))).toBe(leadsOut);
    expect(reasonFor(() => folder.readJson('../data-secret.json'))).toBe(leadsOut);
    expect(reasonFor(() => folder.readJson('up/data-secret.json'))).toBe(leadsOut);
  });

  it('gives what is in a file, how large it is and when it was changed', () => {
    writeFileSync(join(root, 'a.json'), '\uFEFF{"a":"ä"}');
    const { json, bytes, modifiedAt } = open().readJson('a.json');
    expect({ json, bytes }).toEqual({ json: { a: 'ä' }, bytes: 13 });
    expect(new Date(modifiedAt).toISOString()).toBe(modifiedAt);
  });

  it.each<[string, string | Buffer, string]>([
    ['empty', '', 'is empty'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'is not UTF-8 text'],
    ['half', '{"a": "secret text', 'is not JSON: Unterminated string in JSON at position 18'],
    ['no JSON', 'secret', "is not JSON: Unexpected token 's'"],
    ['too large', `"${'x'.repeat(1_000)}"`, 'has 1002 bytes, more than MAX_IMPORT_BYTES (1000)'],
  ])('says what is wrong with a file that is %s, and nothing of what is in it', (_what, content, reason) => {
    writeFileSync(join(root, 'a.json'), content);
    expect(reasonFor(() => open().readJson('a.json'))).toBe(reason);
  });

  it('does not wait for a pipe', () => {
    execFileSync('mkfifo', [join(root, 'a.json')]);
    expect(reasonFor(() => open().readJson('a.json'))).toBe('is not a file');
  });

  it('says why there is no folder', () => {
    expect(() => SourceFolder.open(join(root, 'x'), 1)).toThrow(CannotImport);
  });
});
