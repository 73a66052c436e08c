import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, loadSettingsHere, SettingsError } from './load-settings';
import { SETTINGS } from './settings.schema';

type Environment = Record<string, string | undefined>;

function problemsOf(...sources: readonly Environment[]): SettingsError {
  try {
    loadSettings(...sources);
  } catch (error) {
    if (error instanceof SettingsError) {
      return error;
    }
  }
  throw new Error('The settings were accepted.');
}

describe('the defaults', () => {
  it('are those of the first backend', () => {
    expect(loadSettings({})).toMatchObject({
      apiHost: '0.0.0.0',
      apiPort: 8000,
      apiTitle: 'LLaMa-Herd Backend',
      apiVersion: '1.0.0',
      corsOrigins: ['http://localhost:3000', 'http://localhost:3001'],
      corsAllowCredentials: true,
      corsAllowMethods: ['*'],
      corsAllowHeaders: ['*'],
      ollamaBaseUrl: 'http://localhost:11434/v1',
      ollamaUrl: 'http://localhost:11434',
      ollamaApiKey: 'ollama',
      ollamaTimeoutSeconds: 300,
      ollamaModelsDir: join(homedir(), '.ollama/models'),
      dataDirectory: 'data',
      experimentsDirectory: 'experiments',
      conversationsDirectory: 'conversations',
      defaultMaxRounds: 8,
      defaultTemperature: 0.7,
      experimentTimeoutSeconds: 3600,
      iterationTimeoutSeconds: 300,
      pullProgressThrottleMs: 500,
      pullProgressPercentDelta: 2,
      pullMaxConcurrency: 2,
      pullRetryAttempts: 2,
      pullRetryBackoffSeconds: 5,
      pullStaleSeconds: 300,
      pullCleanupCompletedSeconds: 3600,
      pullCleanupFailedSeconds: 300,
      pullCleanupCancelledSeconds: 60,
      logFormat: 'keyvalue',
      logLevel: 'info',
    });
  });

  it('let nobody in but this machine, and are durable', () => {
    expect(loadSettings({})).toMatchObject({
      allowedNetworks: [],
      allowedHosts: [],
      trustedProxies: [],
      databaseSynchronous: 'full',
    });
  });

  it('count for every setting that is empty', () => {
    const empty = Object.fromEntries(Object.values(SETTINGS).map(({ env }) => [env, '  ']));

    expect(loadSettings(empty)).toEqual(loadSettings({}));
  });

  it('have one name each', () => {
    const names = Object.values(SETTINGS).map(({ env }) => env);

    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[A-Z][A-Z0-9_]*$/.test(name))).toEqual([]);
  });
});

describe('wrong settings', () => {
  it('are told all at once, with their names and what is allowed', () => {
    const { problems, message } = problemsOf({
      API_PORT: '70000',
      LOG_LEVEL: 'loud',
      OLLAMA_URL: 'ftp://x',
      DEFAULT_TOP_P: '2',
    });

    expect(problems).toEqual([
      { env: 'API_PORT', allowed: 'allowed: a whole number from 0 to 65535' },
      { env: 'OLLAMA_URL', allowed: expect.stringContaining('http://') },
      { env: 'DEFAULT_TOP_P', allowed: 'allowed: a number from 0 to 1, or empty' },
      { env: 'LOG_LEVEL', allowed: 'allowed: debug, info, warning, error, critical' },
    ]);
    for (const { env, allowed } of problems) {
      expect(message).toContain(`${env}: ${allowed}`);
    }
  });

  it.each<[string, string]>([
    ['API_PORT', 'eighty'],
    ['API_PORT', '80.5'],
    ['API_PORT', '-1'],
    ['API_PORT', '0x50'],
    ['API_PORT', '1e3'],
    ['CORS_ALLOW_CREDENTIALS', 'maybe'],
    ['OLLAMA_TIMEOUT', '0'],
    ['OLLAMA_TIMEOUT', 'NaN'],
    ['OLLAMA_TIMEOUT', 'Infinity'],
    ['OLLAMA_TIMEOUT', '5m'],
    ['OLLAMA_NUM_PARALLEL', '0'],
    ['OLLAMA_API_KEY', 'two\nlines'],
    ['OLLAMA_API_KEY', 'Schlüssel'],
    ['DATABASE_SYNCHRONOUS', 'off'],
    ['DEFAULT_TEMPERATURE', '2.1'],
    ['DEFAULT_TOP_K', '-1'],
    ['DEFAULT_THINK', 'yes'],
    ['DEFAULT_KEEP_ALIVE', 'for ever'],
    ['DEFAULT_KEEP_ALIVE', '10 m'],
    ['DEFAULT_KEEP_ALIVE', '1.5'],
    ['DEFAULT_MAX_ROUNDS', '0'],
    ['ALLOWED_NETWORKS', '192.168.0.0/33'],
    ['ALLOWED_NETWORKS', '10.0.0.1, office.example'],
    ['TRUSTED_PROXIES', 'proxy'],
    ['OLLAMA_URL', 'https://'],
    ['OLLAMA_URL', 'http://localhost:99999'],
    ['OLLAMA_URL', 'http://user:secret@localhost:11434'],
    ['OLLAMA_URL', 'http://localhost:11434/?key=1'],
    ['OLLAMA_URL', 'http://localhost:11434/#x'],
    ['OLLAMA_URL', 'localhost:port'],
    ['OLLAMA_URL', 'nonsense'],
    ['OLLAMA_BASE_URL', 'file:///etc/passwd'],
  ])('include %s=%j', (name, value) => {
    expect(problemsOf({ [name]: value }).problems).toEqual([
      { env: name, allowed: expect.stringMatching(/^allowed: /) },
    ]);
  });

  it('never show the value, which may be a secret', () => {
    const environment = Object.fromEntries(
      Object.values(SETTINGS).map(({ env }) => [env, 'Geheimnis ü\u0001']),
    );

    expect(problemsOf(environment).message).not.toContain('Geheimnis');
    expect(problemsOf(environment).problems.length).toBeGreaterThan(30);
  });
});

describe('names and values', () => {
  it('are read whatever the case of the name', () => {
    expect(loadSettings({ api_port: '1', Log_Level: 'ERROR' })).toMatchObject({
      apiPort: 1,
      logLevel: 'error',
    });
  });

  it('come from the last source that has them; unknown ones are ignored', () => {
    const settings = loadSettings(
      { API_PORT: '1', API_TITLE: 'file', UNKNOWN: 'x' },
      { api_port: '2', API_TITLE: '', API_HOST: undefined },
    );

    expect(settings).toMatchObject({ apiPort: 2, apiTitle: 'file', apiHost: '0.0.0.0' });
    expect(settings).not.toHaveProperty('unknown');
  });

  it.each([
    ['true', true],
    ['TRUE', true],
    [' 1 ', true],
    ['yes', true],
    ['on', true],
    ['false', false],
    ['False', false],
    ['0', false],
    ['no', false],
    ['off', false],
  ])('read the boolean %j as %j', (value, expected) => {
    expect(loadSettings({ CORS_ALLOW_CREDENTIALS: value }).corsAllowCredentials).toBe(expected);
  });

  it('read lists with blanks and empty entries', () => {
    expect(loadSettings({ ALLOWED_NETWORKS: ' 10.0.0.0/8 ,,fd00::/8, 192.168.1.7' }).allowedNetworks).toEqual(
      ['10.0.0.0/8', 'fd00::/8', '192.168.1.7'],
    );
  });

  it.each([
    ['~', homedir()],
    ['~/herd', join(homedir(), 'herd')],
    ['/srv/~/herd', '/srv/~/herd'],
    ['~other/herd', '~other/herd'],
  ])('read the folder %s as %s', (value, expected) => {
    expect(loadSettings({ DATA_DIRECTORY: value }).dataDirectory).toBe(expected);
  });

  it.each<[string, string, string, unknown]>([
    ['OLLAMA_TIMEOUT', '0.5', 'ollamaTimeoutSeconds', 0.5],
    ['DEFAULT_TOP_P', '0', 'defaultTopP', 0],
    ['DEFAULT_TOP_P', '', 'defaultTopP', null],
    ['DEFAULT_THINK', 'High', 'defaultThink', 'high'],
    ['DEFAULT_KEEP_ALIVE', '-1', 'defaultKeepAlive', '-1'],
    ['DEFAULT_KEEP_ALIVE', '1h30m', 'defaultKeepAlive', '1h30m'],
    ['DEFAULT_KEEP_ALIVE', '1.5h', 'defaultKeepAlive', '1.5h'],
    ['API_PORT', '0', 'apiPort', 0],
  ])('read %s=%j', (env, value, key, expected) => {
    expect(loadSettings({ [env]: value })).toHaveProperty(key, expected);
  });
});

describe('the address of Ollama', () => {
  it.each<[Environment, string]>([
    [{}, 'http://localhost:11434'],
    [{ OLLAMA_URL: 'http://gpu:11434' }, 'http://gpu:11434'],
    [{ OLLAMA_URL: 'http://gpu:11434/' }, 'http://gpu:11434'],
    [{ OLLAMA_URL: 'http://gpu:11434/v1' }, 'http://gpu:11434'],
    [{ OLLAMA_URL: 'http://gpu:11434/api/' }, 'http://gpu:11434'],
    [{ OLLAMA_URL: 'https://proxy/ollama/' }, 'https://proxy/ollama'],
    [{ OLLAMA_URL: ' HTTP://gpu ' }, 'http://gpu'],
    [{ OLLAMA_BASE_URL: 'http://gpu:11434/v1' }, 'http://gpu:11434'],
    [{ OLLAMA_BASE_URL: 'http://gpu:11434/V1/' }, 'http://gpu:11434'],
    [{ OLLAMA_BASE_URL: 'http://gpu:11434' }, 'http://gpu:11434'],
    [{ OLLAMA_BASE_URL: 'http://one/v1', OLLAMA_URL: 'http://two' }, 'http://two'],
    // Whoever starts from `.env.example` and changes only one of the two means that one.
    [{ OLLAMA_BASE_URL: 'http://one/v1', OLLAMA_URL: 'http://localhost:11434' }, 'http://one'],
    [{ OLLAMA_BASE_URL: 'http://localhost:11434/v1', OLLAMA_URL: 'http://two' }, 'http://two'],
  ])('comes from %j: %s', (environment, expected) => {
    expect(loadSettings(environment).ollamaUrl).toBe(expected);
  });

  it.each([
    ['localhost:11434', 'http://localhost:11434'],
    ['localhost', 'http://localhost:11434'],
    ['gpu.lan:11434', 'http://gpu.lan:11434'],
    ['127.0.0.1', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:11435', 'http://127.0.0.1:11435'],
    ['http://0.0.0.0:11434', 'http://127.0.0.1:11434'],
    ['[::]:11434', 'http://[::1]:11434'],
    ['http://[::]:11434', 'http://[::1]:11434'],
    ['[::1]:11434', 'http://[::1]:11434'],
    ['localhost:11434/v1', 'http://localhost:11434'],
  ])('is understood as OLLAMA_HOST writes it: %s', (value, expected) => {
    expect(loadSettings({ OLLAMA_URL: value }).ollamaUrl).toBe(expected);
    expect(loadSettings({ OLLAMA_BASE_URL: value }).ollamaUrl).toBe(expected);
  });
});

describe('the settings of this process', () => {
  let folder: string;
  const before = process.cwd();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'herd-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    delete process.env['API_TITLE'];
    rmSync(folder, { recursive: true });
  });

  it('come from .env in the working folder, and from the environment before that', () => {
    writeFileSync('.env', 'API_TITLE=file\nAPI_VERSION="2 beta" # comment\n');
    expect(loadSettingsHere()).toMatchObject({ apiTitle: 'file', apiVersion: '2 beta' });
    process.env['API_TITLE'] = 'environment';
    expect(loadSettingsHere()).toMatchObject({ apiTitle: 'environment', apiVersion: '2 beta' });
  });

  it('need no .env', () => {
    expect(loadSettingsHere().apiTitle).toBe('LLaMa-Herd Backend');
  });
});
