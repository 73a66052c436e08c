import { type INestApplication } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type Settings } from '../config/settings.schema';
import { completeDocument } from './complete-document';

const DESCRIPTION = `Conversations between several LLM agents on your own hardware.

Post an experiment (a task, some agents with prompts and models, rules); the agents talk through models served by
Ollama. Watch live over Socket.IO or plain WebSockets, see the tag \`websockets\`.`;

const WEBSOCKETS = `Socket.IO (path \`/socket.io\`, or \`/ws/socket.io\` behind a proxy that forwards only \`/ws/\`) with the namespaces
\`/experiments\`, \`/conversations\`, \`/models\` and \`/ollama\`; each takes the event \`subscribe\`. Plain WebSockets of existing
clients: \`/ws/experiments/{experiment_id}\` and \`/api/models/ws/pull/{task_id}\`.`;

/** The OpenAPI document of all routes. */
export function apiDocument(
  app: INestApplication,
  settings: Pick<Settings, 'apiTitle' | 'apiVersion'>,
): OpenAPIObject {
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(settings.apiTitle)
    .setVersion(settings.apiVersion)
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addTag('experiments', 'What to run, how it stands, and what was said.')
    .addTag(
      'conversations',
      'What was said: runs of experiments, and conversations that clients save, import and export.',
    )
    .addTag('models', 'Installed models, pulls with progress, and the catalog.')
    .addTag(
      'ollama',
      'The Ollama servers themselves: how they are doing, generating text, and testing the addresses of others.',
    )
    .addTag('websockets', WEBSOCKETS)
    .addTag('health', 'Whether the server is alive and can do its work.')
    .build();
  const document = SwaggerModule.createDocument(app, base, {
    operationIdFactory: (_controller, method) => method,
  });
  return completeDocument(document);
}

/** Serves `/docs` (Swagger UI), `/openapi.json` and `/openapi.yaml`, all from this server alone. */
export function setupApiDocs(app: NestExpressApplication, settings: Settings): void {
  SwaggerModule.setup('docs', app, () => apiDocument(app, settings), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: settings.apiTitle,
  });
}
