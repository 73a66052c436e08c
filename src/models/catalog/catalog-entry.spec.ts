import { readCatalog, readCatalogEntry } from './catalog-entry';
import { BUILT_IN_CATALOG } from './built-in-catalog';

const ENTRY = {
  name: 'Demo 8B',
  tag: 'demo:8b-q4_0',
  size: 4_700_000_000,
  family: 'demo',
  quant: 'q4_0',
  description: 'A demo.',
  notes: 'Old.',
  pull_count: 120_000,
};

describe('readCatalogEntry', () => {
  it('keeps what it knows and nothing else', () => {
    expect(readCatalogEntry({ ...ENTRY, installed: true, lastUpdated: 'x', __proto__: null })).toEqual(ENTRY);
  });

  it('needs name and tag only', () => {
    expect(readCatalogEntry({ name: 'Demo', tag: 'demo' })).toEqual({
      name: 'Demo',
      tag: 'demo',
      size: null,
      family: null,
      quant: null,
      description: null,
      notes: null,
      pull_count: 0,
    });
  });

  it('understands pullCount', () => {
    expect(readCatalogEntry({ name: 'Demo', tag: 'demo', pullCount: 5 })).toMatchObject({ pull_count: 5 });
  });

  it.each([
    null,
    'x',
    [],
    {},
    { ...ENTRY, name: '' },
    { ...ENTRY, name: 5 },
    { ...ENTRY, name: 'a\0' },
    { ...ENTRY, name: '\ud800' },
    { ...ENTRY, tag: 'a b' },
    { ...ENTRY, tag: 5 },
    { ...ENTRY, size: -1 },
    { ...ENTRY, size: 'big' },
    { ...ENTRY, size: 1.5 },
    { ...ENTRY, pull_count: '12K' },
    { ...ENTRY, family: 5 },
    { ...ENTRY, description: 'x'.repeat(5_001) },
  ])('refuses %j', (value) => {
    expect(readCatalogEntry(value)).toBeNull();
  });
});

describe('readCatalog', () => {
  it('leaves out bad entries and variants that come twice, and counts them', () => {
    const { models, dropped } = readCatalog([
      { name: 'B', tag: 'b' },
      null,
      { name: 'A', tag: 'a' },
      { name: 'B again', tag: 'B:latest' },
      { name: 'Popular', tag: 'z', pull_count: 7 },
    ]);
    expect(models.map(({ name }) => name)).toEqual(['Popular', 'A', 'B']);
    expect(dropped).toBe(2);
  });
});

describe('BUILT_IN_CATALOG', () => {
  it('has usable entries only, each variant once', () => {
    const { models, dropped } = readCatalog(BUILT_IN_CATALOG);
    expect(dropped).toBe(0);
    expect(models.length).toBeGreaterThanOrEqual(30);
  });
});
