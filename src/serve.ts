import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { type Settings } from './config/settings.schema';
import { createApp } from './create-app';

/** Runs the server until it is told to stop; SIGTERM and SIGINT end it with exit code 0. */
export async function serve(settings: Settings): Promise<void> {
  const app = await createApp(settings);
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  await app.listen(settings.apiPort, settings.apiHost);
  new Logger('server').log('listening', { url: await app.getUrl() });
}
