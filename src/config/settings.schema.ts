import { z } from 'zod';
import {
  boolean,
  folder,
  headerText,
  httpAddress,
  integer,
  keepAlive,
  list,
  networks,
  number,
  ollamaAddress,
  ollamaAddresses,
  oneOf,
  seconds,
  text,
} from './setting-kinds';

/**
 * Every setting: its environment variable, default, limits and meaning. `.env.example` is written from this list
 * (`npm run openapi` writes both), and nothing else in the project reads the environment.
 * Settings that stem from the first backend keep their names and defaults.
 */

interface SettingDefinition<T extends z.ZodType> {
  readonly env: string;
  readonly default: string;
  readonly schema: T;
  readonly meaning: string;
  readonly section: string;
}

const sectioned =
  (section: string) =>
  <T extends z.ZodType>(
    env: string,
    defaultValue: string,
    schema: T,
    meaning: string,
  ): SettingDefinition<T> => ({ env, default: defaultValue, schema, meaning, section });

const api = sectioned('API');
const access = sectioned('Access');
const cors = sectioned('CORS');
const ollama = sectioned('Ollama');
const storage = sectioned('Storage');
const experiment = sectioned('Experiments');
const sampling = sectioned('Sampling defaults of agents');
const live = sectioned('Live stream');
const webhook = sectioned('Webhooks');
const pull = sectioned('Model pulls');
const limits = sectioned('Limits');
const logging = sectioned('Logging');

export const SETTINGS = {
  apiHost: api(
    'API_HOST',
    '0.0.0.0',
    text('an address'),
    'Address to bind. Who is let in is decided under Access.',
  ),
  apiPort: api('API_PORT', '8000', integer(0, 65_535), 'Port to bind; 0 takes a free one.'),
  apiTitle: api('API_TITLE', 'LLaMa-Herd Backend', text(), 'Title of the OpenAPI document.'),
  apiVersion: api('API_VERSION', '1.0.0', text(), 'Version in the OpenAPI document.'),

  allowedNetworks: access(
    'ALLOWED_NETWORKS',
    '',
    networks(),
    'Networks (CIDR or addresses, comma-separated) whose machines may use this server, besides this machine.',
  ),
  allowedHosts: access(
    'ALLOWED_HOSTS',
    '',
    list(),
    'Host names, besides localhost, IP addresses and the name of this machine, under which this server may be addressed.',
  ),
  trustedProxies: access(
    'TRUSTED_PROXIES',
    '',
    networks(),
    'Addresses or networks of reverse proxies whose X-Forwarded-For is believed.',
  ),

  corsOrigins: cors(
    'CORS_ORIGINS',
    'http://localhost:3000,http://localhost:3001',
    list(),
    'Origins of web pages that may use this server, comma-separated.',
  ),
  corsAllowCredentials: cors(
    'CORS_ALLOW_CREDENTIALS',
    'true',
    boolean(),
    'Whether those pages may send credentials.',
  ),
  corsAllowMethods: cors('CORS_ALLOW_METHODS', '*', list(), 'Methods that those pages may use; * = all.'),
  corsAllowHeaders: cors('CORS_ALLOW_HEADERS', '*', list(), 'Headers that those pages may send; * = all.'),

  ollamaBaseUrl: ollama(
    'OLLAMA_BASE_URL',
    'http://localhost:11434/v1',
    ollamaAddress(),
    'OpenAI-style address of Ollama. Used for everything, without its /v1, when OLLAMA_URL is left at its default.',
  ),
  ollamaUrl: ollama(
    'OLLAMA_URL',
    'http://localhost:11434',
    ollamaAddress(),
    'Native address of Ollama, used for everything.',
  ),
  ollamaUrls: ollama(
    'OLLAMA_URLS',
    '',
    ollamaAddresses(),
    'Native addresses of several Ollama servers that share the work, comma-separated; instead of OLLAMA_URL.',
  ),
  ollamaApiKey: ollama(
    'OLLAMA_API_KEY',
    'ollama',
    headerText(),
    'Sent as bearer token with every call (Ollama ignores it, a proxy before it may not).',
  ),
  ollamaTimeoutSeconds: ollama(
    'OLLAMA_TIMEOUT',
    '300',
    seconds(),
    'Seconds that one turn may take, counted from its first token.',
  ),
  ollamaConnectTimeoutSeconds: ollama(
    'OLLAMA_CONNECT_TIMEOUT_SECONDS',
    '5',
    seconds(),
    'Seconds until Ollama must have accepted the connection.',
  ),
  ollamaFirstTokenTimeoutSeconds: ollama(
    'OLLAMA_FIRST_TOKEN_TIMEOUT_SECONDS',
    '600',
    seconds(),
    'Seconds until the first token (Ollama is silent while it queues and loads).',
  ),
  ollamaIdleTimeoutSeconds: ollama(
    'OLLAMA_IDLE_TIMEOUT_SECONDS',
    '120',
    seconds(),
    'Seconds between two tokens.',
  ),
  ollamaRequestTries: ollama(
    'OLLAMA_REQUEST_TRIES',
    '3',
    integer(1, 10),
    'Tries of one call when Ollama refuses, resets or answers 503 before the first token.',
  ),
  ollamaRetryBackoffSeconds: ollama(
    'OLLAMA_RETRY_BACKOFF_SECONDS',
    '1',
    seconds(600),
    'Seconds before the second try; doubled for each further one, with jitter.',
  ),
  ollamaNumParallel: ollama(
    'OLLAMA_NUM_PARALLEL',
    '1',
    integer(1, 1_024),
    'Calls in flight at once at each server. Should equal the setting of the same name of the Ollama server.',
  ),
  schedulerMaxWaitSeconds: ollama(
    'SCHEDULER_MAX_WAIT_SECONDS',
    '60',
    seconds(86_400),
    'Seconds that calls for the loaded model may go before those for another model that wait.',
  ),
  ollamaModelsDir: ollama(
    'OLLAMA_MODELS_DIR',
    '~/.ollama/models',
    folder(),
    'Where Ollama (of several servers those on this machine) stores models; only for the check of free disk space.',
  ),
  ollamaStatusIntervalSeconds: ollama(
    'OLLAMA_STATUS_INTERVAL_SECONDS',
    '5',
    seconds(3_600),
    'Seconds between two looks at Ollama while somebody watches the namespace /ollama.',
  ),
  ollamaTestNetworks: ollama(
    'OLLAMA_TEST_NETWORKS',
    '',
    networks(),
    'Networks (CIDR or addresses, comma-separated) in which the settings page may test other Ollama servers, besides this machine and OLLAMA_URLS.',
  ),

  dataDirectory: storage('DATA_DIRECTORY', 'data', folder(), 'Folder of the database; made at start.'),
  experimentsDirectory: storage(
    'EXPERIMENTS_DIRECTORY',
    'experiments',
    text('a folder'),
    'Folder below DATA_DIRECTORY in which the first backend kept experiments; read by the import only.',
  ),
  conversationsDirectory: storage(
    'CONVERSATIONS_DIRECTORY',
    'conversations',
    text('a folder'),
    'Known to the first backend, which did not use it either; has no effect.',
  ),
  databaseSynchronous: storage(
    'DATABASE_SYNCHRONOUS',
    'full',
    oneOf(['full', 'normal']),
    'full = what was acknowledged outlives a power cut; normal = faster, it outlives a crash of the process.',
  ),
  databaseBusyTimeoutSeconds: storage(
    'DATABASE_BUSY_TIMEOUT_SECONDS',
    '10',
    seconds(600),
    'Seconds that a write waits while another process locks the database.',
  ),

  storageReserveBytes: storage(
    'STORAGE_RESERVE_BYTES',
    '16777216',
    integer(0, 1_000_000_000_000),
    'Size of a file on the volume of the database that is given up when the volume is full, so that work can be stored and experiments deleted; 0 = none.',
  ),
  storageCheckSeconds: storage(
    'STORAGE_CHECK_SECONDS',
    '5',
    seconds(3_600),
    'Seconds between two looks whether a full volume has room again.',
  ),
  idempotencyKeepHours: storage(
    'IDEMPOTENCY_KEEP_HOURS',
    '24',
    integer(1, 8_760),
    'Hours that the answer to a request with an Idempotency-Key is kept.',
  ),

  maxRunningExperiments: experiment(
    'MAX_RUNNING_EXPERIMENTS',
    '64',
    integer(1, 1_000_000),
    'Experiments that run at once; more wait as queued.',
  ),
  resumeOnStart: experiment(
    'RESUME_ON_START',
    'true',
    boolean(),
    'Whether experiments that a restart interrupted are taken up again; false pauses them with the reason interrupted.',
  ),
  shutdownGraceSeconds: experiment(
    'SHUTDOWN_GRACE_SECONDS',
    '10',
    number(0, 3_600),
    'Seconds that turns in progress have to finish when the server is told to stop; then they are put back.',
  ),
  turnCheckpointSeconds: experiment(
    'TURN_CHECKPOINT_SECONDS',
    '1',
    seconds(3_600),
    'Seconds after which the text of a turn in progress is stored, so that a crash costs no more of it than that.',
  ),
  ollamaReturnCheckSeconds: experiment(
    'OLLAMA_RETURN_CHECK_SECONDS',
    '5',
    seconds(3_600),
    'Seconds between two looks whether Ollama is back while experiments are paused because it was away.',
  ),
  defaultMaxRounds: experiment(
    'DEFAULT_MAX_ROUNDS',
    '8',
    integer(1, 100),
    'Turns of a run when the request has no chat_rules.',
  ),
  maxTurns: experiment(
    'MAX_TURNS',
    '1000',
    integer(1, 10_000),
    'Turns after which a run ends whatever its rules say.',
  ),
  contextPolicy: experiment(
    'CONTEXT_POLICY',
    'drop_oldest',
    oneOf(['drop_oldest', 'fail']),
    'What happens to a prompt that does not fit the context of its model when the request does not say: drop_oldest leaves the oldest messages out (system, task and last message stay), fail ends the run.',
  ),
  experimentTimeoutSeconds: experiment(
    'EXPERIMENT_TIMEOUT_SECONDS',
    '3600',
    seconds(),
    'Active seconds that an experiment may take. See also ITERATION_TIMEOUT_SECONDS.',
  ),
  iterationTimeoutSeconds: experiment(
    'ITERATION_TIMEOUT_SECONDS',
    '300',
    seconds(),
    'Active seconds granted for each run when an experiment has many: its limit is the larger of EXPERIMENT_TIMEOUT_SECONDS and this times its runs.',
  ),
  selectorFallback: experiment(
    'SELECTOR_FALLBACK',
    'round_robin',
    oneOf(['round_robin', 'previous', 'first', 'random', 'fail']),
    'Who speaks when the selector model gives no usable answer: round_robin, previous, first, random; fail ends the run.',
  ),
  turnAttempts: experiment(
    'TURN_ATTEMPTS',
    '2',
    integer(1, 10),
    'Attempts at a turn whose stream stalled, was cut or was garbled.',
  ),

  defaultTemperature: sampling(
    'DEFAULT_TEMPERATURE',
    '0.7',
    number(0, 2),
    'Temperature of agents that set none.',
  ),
  defaultTopP: sampling(
    'DEFAULT_TOP_P',
    '',
    z.union([z.literal('').transform(() => null), number(0, 1)]),
    'top_p of agents that set none; empty = the default of the model.',
  ),
  defaultTopK: sampling(
    'DEFAULT_TOP_K',
    '',
    z.union([z.literal('').transform(() => null), integer(0, 100_000)]),
    'top_k of agents that set none; empty = the default of the model.',
  ),
  defaultMinP: sampling(
    'DEFAULT_MIN_P',
    '',
    z.union([z.literal('').transform(() => null), number(0, 1)]),
    'min_p of agents that set none; empty = the default of the model.',
  ),
  defaultRepeatPenalty: sampling(
    'DEFAULT_REPEAT_PENALTY',
    '',
    z.union([z.literal('').transform(() => null), number(0, 10)]),
    'repeat_penalty of agents that set none; empty = the default of the model.',
  ),
  defaultNumCtx: sampling(
    'DEFAULT_NUM_CTX',
    '8192',
    integer(16, 10_000_000),
    'Context window in tokens; at most what the model itself has. One value per model.',
  ),
  defaultNumPredict: sampling(
    'DEFAULT_NUM_PREDICT',
    '2048',
    integer(1, 1_000_000),
    'Most tokens of one answer.',
  ),
  defaultThink: sampling(
    'DEFAULT_THINK',
    '',
    z.union([z.literal('').transform(() => null), oneOf(['true', 'false', 'low', 'medium', 'high', 'max'])]),
    'Whether models that can think do so: true, false, low, medium, high, max; empty = the default of the model.',
  ),
  defaultKeepAlive: sampling(
    'DEFAULT_KEEP_ALIVE',
    '10m',
    keepAlive(),
    'How long Ollama keeps a model loaded after a turn: seconds or a duration with unit; -1 = for ever.',
  ),

  deltaIntervalMs: live(
    'DELTA_INTERVAL_MS',
    '40',
    integer(1, 10_000),
    'Text of a turn in progress is gathered this long before it is sent to watchers.',
  ),
  slowConsumerQueue: live(
    'SLOW_CONSUMER_QUEUE',
    '1000',
    integer(10, 1_000_000),
    'Packets that may wait for one watcher before it is disconnected (SLOW_CONSUMER).',
  ),
  socketPingIntervalMs: live(
    'SOCKET_PING_INTERVAL_MS',
    '20000',
    integer(100, 600_000),
    'Milliseconds between two protocol pings on sockets, which keep proxies from closing them.',
  ),

  sseHeartbeatSeconds: live(
    'SSE_HEARTBEAT_SECONDS',
    '15',
    seconds(3_600),
    'Seconds of silence after which a Server-Sent Events stream gets a comment, which keeps proxies from closing it.',
  ),

  webhookHosts: webhook(
    'WEBHOOK_HOSTS',
    '',
    list(),
    'Hosts (name or address, with :port unless it is the standard one, comma-separated) that a callback_url may have; empty = none.',
  ),
  webhookSecret: webhook(
    'WEBHOOK_SECRET',
    '',
    z.union([z.literal(''), text('at least 16 characters').min(16, 'allowed: at least 16 characters')]),
    'Secret with which webhooks are signed (HMAC-SHA256, as Standard Webhooks does); needed with WEBHOOK_HOSTS.',
  ),
  webhookAttempts: webhook(
    'WEBHOOK_ATTEMPTS',
    '8',
    integer(1, 100),
    'Attempts at a webhook before it is given up.',
  ),
  webhookTimeoutSeconds: webhook(
    'WEBHOOK_TIMEOUT_SECONDS',
    '10',
    seconds(600),
    'Seconds that the receiver of a webhook has to answer.',
  ),
  webhookBackoffSeconds: webhook(
    'WEBHOOK_BACKOFF_SECONDS',
    '5',
    seconds(3_600),
    'Seconds before the second attempt at a webhook; doubled for each further one.',
  ),

  pullProgressThrottleMs: pull(
    'PULL_PROGRESS_THROTTLE_MS',
    '500',
    integer(1, 600_000),
    'Least milliseconds between two progress messages of a pull.',
  ),
  pullProgressPercentDelta: pull(
    'PULL_PROGRESS_PERCENT_DELTA',
    '2.0',
    number(0, 100),
    'Change in percent that is told at once.',
  ),
  pullMaxConcurrency: pull('PULL_MAX_CONCURRENCY', '2', integer(1, 100), 'Pulls at once.'),
  pullRetryAttempts: pull(
    'PULL_RETRY_ATTEMPTS',
    '2',
    integer(0, 100),
    'Further tries of a pull after network errors and 5xx.',
  ),
  pullRetryBackoffSeconds: pull(
    'PULL_RETRY_BACKOFF_SECONDS',
    '5',
    seconds(),
    'Seconds before the first further try; doubled each time.',
  ),
  pullStaleSeconds: pull(
    'PULL_STALE_SECONDS',
    '300',
    seconds(),
    'Seconds in which no byte moved after which a pull has failed.',
  ),
  pullVerifySeconds: pull(
    'PULL_VERIFY_SECONDS',
    '3600',
    seconds(),
    'Seconds that Ollama may take to verify what it downloaded; it is silent meanwhile.',
  ),
  pullResumeOnStart: pull(
    'PULL_RESUME_ON_START',
    'false',
    boolean(),
    'Whether pulls that a restart interrupted are started again; Ollama goes on where it was.',
  ),
  pullRegistries: pull(
    'PULL_REGISTRIES',
    'registry.ollama.ai,hf.co,huggingface.co',
    list(),
    'Hosts from which models may be pulled; names without a host come from registry.ollama.ai.',
  ),
  modelCatalogUrl: pull(
    'MODEL_CATALOG_URL',
    '',
    z.union([z.literal(''), httpAddress()]),
    'Address of a model catalog in JSON, for POST /api/models/catalog/update; empty = the catalog is not updated.',
  ),
  pullCleanupCompletedSeconds: pull(
    'PULL_CLEANUP_COMPLETED_SECONDS',
    '3600',
    seconds(),
    'Seconds that a completed pull stays listed.',
  ),
  pullCleanupFailedSeconds: pull(
    'PULL_CLEANUP_FAILED_SECONDS',
    '300',
    seconds(),
    'Seconds that a failed pull stays listed.',
  ),
  pullCleanupCancelledSeconds: pull(
    'PULL_CLEANUP_CANCELLED_SECONDS',
    '60',
    seconds(),
    'Seconds that a cancelled pull stays listed.',
  ),

  maxBodyBytes: limits(
    'MAX_BODY_BYTES',
    '1048576',
    integer(1_024, 1_073_741_824),
    'Largest body of a request.',
  ),
  maxImportBytes: limits(
    'MAX_IMPORT_BYTES',
    '52428800',
    integer(1_024, 1_073_741_824),
    'Largest body of a saved or imported conversation.',
  ),
  maxImportMessages: limits(
    'MAX_IMPORT_MESSAGES',
    '100000',
    integer(1, 10_000_000),
    'Most messages of a saved or imported conversation.',
  ),
  maxNestingDepth: limits('MAX_NESTING_DEPTH', '32', integer(4, 1_000), 'Deepest nesting of a body.'),
  maxMessageCharacters: limits(
    'MAX_MESSAGE_CHARACTERS',
    '1000000',
    integer(100, 100_000_000),
    'Longest prompt or message.',
  ),
  maxLibraryEntries: limits(
    'MAX_LIBRARY_ENTRIES',
    '10000',
    integer(1, 1_000_000),
    'Saved agents, and saved teams, in the library.',
  ),
  maxAgents: limits('MAX_AGENTS', '64', integer(1, 10_000), 'Most agents of an experiment.'),
  maxIterations: limits('MAX_ITERATIONS', '1000', integer(1, 1_000_000), 'Most iterations of an experiment.'),
  maxParallelism: limits(
    'MAX_PARALLELISM',
    '1000',
    integer(1, 100_000),
    'Most conversations of an experiment that may be open side by side.',
  ),
  maxDatasetItems: limits(
    'MAX_DATASET_ITEMS',
    '100000',
    integer(1, 10_000_000),
    'Most dataset items of an experiment.',
  ),
  maxNameCharacters: limits(
    'MAX_NAME_CHARACTERS',
    '100',
    integer(1, 10_000),
    'Longest name of an agent or model id part.',
  ),
  maxTitleCharacters: limits('MAX_TITLE_CHARACTERS', '500', integer(100, 10_000), 'Longest title.'),

  logFormat: logging(
    'LOG_FORMAT',
    'keyvalue',
    oneOf(['keyvalue', 'json']),
    'How log lines look: keyvalue or json.',
  ),
  logLevel: logging(
    'LOG_LEVEL',
    'info',
    oneOf(['debug', 'info', 'warning', 'error', 'critical']),
    'Least level that is logged: debug, info, warning, error, critical.',
  ),
} as const satisfies Record<string, SettingDefinition<z.ZodType>>;

export type Settings = {
  readonly [K in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[K]['schema']>;
};
