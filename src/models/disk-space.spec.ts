import { statfs } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../config/load-settings';
import { failureOf } from '../ollama/testing/failure-of';
import { DiskSpace } from './disk-space';

const GIB = 1024 ** 3;

describe('DiskSpace', () => {
  const diskAt = (folder: string) => new DiskSpace(loadSettings({ OLLAMA_MODELS_DIR: folder }));
  const diskWith = (bytes: number | null) => {
    const disk = diskAt(tmpdir());
    jest.spyOn(disk, 'availableBytes').mockResolvedValue(bytes);
    return disk;
  };

  it('asks the nearest folder that exists', async () => {
    const { bsize, blocks } = await statfs(tmpdir());
    const available = await diskAt(join(tmpdir(), 'not', 'there', 'yet')).availableBytes();
    expect(available).toBeGreaterThan(0);
    expect(available).toBeLessThanOrEqual(bsize * blocks);
  });

  it('knows nothing of a folder that cannot be one', async () => {
    const disk = new DiskSpace({ ...loadSettings(), ollamaModelsDir: '/a\0b' });
    // The root is the nearest that exists.
    expect(await disk.availableBytes()).toBeGreaterThan(0);
  });

  it.each([
    [5 * GIB, null],
    [null, null],
    [5 * GIB - 1, 'INSUFFICIENT_DISK_SPACE'],
    [0, 'INSUFFICIENT_DISK_SPACE'],
  ])('with %p bytes a pull ends with %p', async (bytes, code) => {
    const outcome = await failureOf(diskWith(bytes).requireRoom());
    expect((outcome as { code?: string }).code ?? null).toBe(code);
  });

  it.each([
    [80 * GIB, { disk_space_available_gb: 80 }],
    [5 * GIB, { disk_space_available_gb: 5 }],
    [
      4.5 * GIB,
      { disk_space_available_gb: 4.5, disk_space_warning: expect.stringMatching(/^Low/) as string },
    ],
    [
      1 * GIB,
      { disk_space_available_gb: 1, disk_space_warning: expect.stringMatching(/^Very low/) as string },
    ],
    [null, {}],
  ])('with %p bytes it warns of low space', async (bytes, facts) => {
    const disk = diskWith(bytes);
    await disk.look();
    expect(disk.facts()).toEqual(facts);
  });

  describe('is that of', () => {
    it('the only server, wherever it runs', () => {
      const disk = new DiskSpace(loadSettings({ OLLAMA_URL: 'http://ollama:11434' }));
      expect(disk.holdsModelsOf('http://ollama:11434')).toBe(true);
    });

    it.each([
      ['http://localhost:11434', true],
      ['http://127.0.0.1:11435', true],
      ['http://[::1]:11434', true],
      [`http://${hostname()}:11434`, true],
      ['http://gpu-2:11434', false],
      ['http://203.0.113.7:11434', false],
    ])('of several servers %s: %p', (server, expected) => {
      const disk = new DiskSpace(loadSettings({ OLLAMA_URLS: `${server},http://gpu-9:11434` }));
      expect(disk.holdsModelsOf(server)).toBe(expected);
    });
  });
});
