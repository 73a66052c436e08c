import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OpenAPIObject } from '@nestjs/swagger';
import { loadSettings } from '../../src/config/load-settings';
import { apiDocument } from '../../src/docs/api-docs';
import { generatedFiles } from '../../src/openapi/generated-files';
import { startApp, type TestApp } from '../support/test-app';

const ROOT = join(__dirname, '../..');

describe('documents', () => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp('http://127.0.0.1:9');
  });
  afterAll(() => server.close());

  it.each(['docs/openapi.json', 'docs/errors.md', 'docs/settings.md', '.env.example'])(
    '%s is what the code says (if not: npm run openapi)',
    (path) => {
      const files = generatedFiles(server.app, loadSettings());
      expect(readFileSync(join(ROOT, path), 'utf8')).toBe(files[path]);
    },
  );

  it('serves the document as OpenAPI 3.1 with title and version of the settings', async () => {
    const other = await startApp('http://127.0.0.1:9', { API_TITLE: 'My <herd>', API_VERSION: '2.3.4' });
    const { status, body } = await other.api.get<OpenAPIObject>('/openapi.json');
    expect(status).toBe(200);
    expect(body).toMatchObject({ openapi: '3.1.0', info: { title: 'My <herd>', version: '2.3.4' } });
    expect((await other.api.get('/openapi.yaml')).status).toBe(200);
    expect((await other.api.get('/redoc')).body).toContain('<title>My &lt;herd></title>');
    await other.close();
  });

  it('keeps the names of operations, path parameters and schemas that generated clients use', () => {
    const document = apiDocument(server.app, loadSettings());
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      (['get', 'post', 'put', 'delete'] as const).flatMap((verb) => {
        const operation = item[verb];
        return operation ? [`${verb} ${path} ${operation.operationId}`] : [];
      }),
    );
    expect(operations).toEqual(
      expect.arrayContaining([
        'post /api/experiments/start start_experiment_api_experiments_start_post',
        'get /api/experiments list_experiments_api_experiments_get',
        'get /api/experiments/default-chat-rules get_default_chat_rules_api_experiments_default_chat_rules_get',
        'get /api/experiments/{experiment_id} get_experiment_api_experiments__experiment_id__get',
        'put /api/experiments/{experiment_id} update_experiment_api_experiments__experiment_id__put',
        'delete /api/experiments/{experiment_id} delete_experiment_api_experiments__experiment_id__delete',
        'get /api/conversations list_conversations_api_conversations_get',
        'post /api/conversations save_conversation_api_conversations_post',
        'get /api/conversations/{conversation_id} get_conversation_api_conversations__conversation_id__get',
        'put /api/conversations/{conversation_id} update_conversation_api_conversations__conversation_id__put',
        'delete /api/conversations/{conversation_id} delete_conversation_api_conversations__conversation_id__delete',
        'get /api/conversations/experiment/{experiment_id} get_experiment_conversations_api_conversations_experiment__experiment_id__get',
        'get /api/conversations/storage/info get_storage_info_api_conversations_storage_info_get',
        'put /api/experiments/{experiment_id}/status update_experiment_status_api_experiments__experiment_id__status_put',
        'get /api/models/list list_models_api_models_list_get',
        'post /api/models/pull pull_model_api_models_pull_post',
        'get /api/models/pull list_pull_tasks_api_models_pull_get',
        'get /api/models/pull/{task_id} get_pull_status_api_models_pull__task_id__get',
        'get /api/models/pull/by-model/{model_name} get_pull_by_model_api_models_pull_by_model__model_name__get',
        'get /api/models/pull/{task_id}/health get_pull_health_api_models_pull__task_id__health_get',
        'delete /api/models/pull/{task_id} cancel_pull_task_api_models_pull__task_id__delete',
        'delete /api/models/pull/{task_id}/dismiss dismiss_pull_task_api_models_pull__task_id__dismiss_delete',
        'delete /api/models/delete/{model_name} delete_model_api_models_delete__model_name__delete',
        'get /api/models/version get_version_api_models_version_get',
        'get /api/models/catalog get_model_catalog_api_models_catalog_get',
        'post /api/models/catalog/update update_model_catalog_api_models_catalog_update_post',
        'post /api/ollama/generate proxy_generate_api_ollama_generate_post',
        'post /api/ollama/test/list proxy_test_list_api_ollama_test_list_post',
        'post /api/ollama/test/version test_version_proxy_api_ollama_test_version_post',
      ]),
    );
    expect(Object.keys(document.components?.schemas ?? {})).toEqual(
      expect.arrayContaining([
        'AgentModel',
        'ChatRulesModel',
        'Conversation',
        'ConversationAgent',
        'ExperimentRequest',
        'HTTPValidationError',
        'Message',
        'ModelOperationResponse',
        'PullModelRequest',
        'PullModelResponse',
        'PullTaskStatus',
        'TaskItemModel',
        'TaskModel',
        'ValidationError',
      ]),
    );
  });

  it('gives every operation a summary, a description, examples and its error answers', () => {
    const document = apiDocument(server.app, loadSettings());
    for (const item of Object.values(document.paths)) {
      for (const operation of [item.get, item.post, item.put, item.delete]) {
        if (operation) {
          expect(operation.summary).toMatch(/^[A-Z][^\n]{5,80}$/);
          expect(operation.description?.length).toBeGreaterThan(10);
          expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '403', '500']));
          expect(JSON.stringify(operation.responses['200'])).toContain('"example"');
        }
      }
    }
  });

  it('serves the pages from this server alone', async () => {
    for (const path of ['/docs', '/redoc']) {
      const response = await fetch(server.url + path);
      const html = await response.text();
      expect(response.status).toBe(200);
      expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    }
    const script = await fetch(`${server.url}/redoc/redoc.standalone.js`);
    expect(script.headers.get('content-type')).toContain('text/javascript');
    expect(await script.text()).not.toContain('logo-mini.svg');
  });

  it('tells that it is healthy', async () => {
    expect((await server.api.get('/health')).body).toEqual({
      status: 'healthy',
      service: 'llama-herd-backend',
    });
    expect(await server.api.get('/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'degraded', ollama: 'away', database: 'up' },
    });
  });
});
