import { Global, Module } from '@nestjs/common';
import { createAccessGuard } from '../common/access/access-guard';
import { SETTINGS_TOKEN } from '../config/config.module';
import { EventLog } from './event-log';
import { EventPump } from './event-pump';
import { OpenTurns } from './open-turns';
import { ServerClosing } from './server-closing';
import { ACCESS_GUARD, UpgradeRouter } from './upgrade-router';

/** The event stream and what its transports share. The transports themselves are gateways and sockets of the features. */
@Global()
@Module({
  providers: [
    EventPump,
    EventLog,
    OpenTurns,
    ServerClosing,
    UpgradeRouter,
    { provide: ACCESS_GUARD, inject: [SETTINGS_TOKEN], useFactory: createAccessGuard },
  ],
  exports: [EventPump, EventLog, OpenTurns, ServerClosing, UpgradeRouter],
})
export class LiveModule {}
