import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Settings } from './config/settings.schema';
import { createApp } from './create-app';
import { ServerClosing } from './live/server-closing';

/** Runs the server until it is told to stop. */
export async function serve(settings: Settings): Promise<void> {
  const app = await createApp(settings);
  stopOnSignals(app);
  await app.listen(settings.apiPort, settings.apiHost);
  new Logger('server').log('listening', { url: await app.getUrl() });
}

/**
 * SIGTERM and SIGINT end the server with exit code 0 once its work is put away; a second one ends it at once, which
 * loses nothing that was announced. (Nest's own shutdown hooks do not hear a second signal.)
 */
function stopOnSignals(app: NestExpressApplication): void {
  const logger = new Logger('server');
  const closing = app.get(ServerClosing);
  const stop = (signal: NodeJS.Signals): void => {
    if (closing.isClosing) {
      logger.warn('stopped at once by a second signal', { signal });
      process.exit(1);
    }
    logger.log('stopping', { signal });
    closing.begin();
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error('the server could not be stopped in order', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
