import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module';
import { configureHttp } from './common/http/configure-http';
import { AppLogger } from './common/logging/app-logger';
import { type Settings } from './config/settings.schema';
import { setupApiDocs } from './docs/api-docs';
import { SocketAdapter } from './live/socket-adapter';
import { ACCESS_GUARD } from './live/upgrade-router';

/** The application as the server and the tests run it, not listening yet. */
export async function createApp(settings: Settings): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(settings), {
    logger: new AppLogger(settings),
    abortOnError: false,
    bodyParser: false,
    // A connection that says nothing must not keep the server from stopping.
    forceCloseConnections: true,
  });
  const guard = app.get(ACCESS_GUARD, { strict: false });
  configureHttp(app, settings, guard);
  app.useWebSocketAdapter(new SocketAdapter(app, settings, guard));
  setupApiDocs(app, settings);
  return app;
}
