import 'reflect-metadata';
import { loadSettings } from '../config/load-settings';
import { createApp } from '../create-app';
import { useInstantModel } from './instant-model';

/** The server as it is shipped, except that no model is asked: every call has its answer at once. */

async function main(): Promise<void> {
  const app = await createApp(loadSettings(process.env));
  useInstantModel(app);
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  await app.listen(0, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}

void main();
