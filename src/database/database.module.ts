import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { Database } from './database';
import { type DatabaseSchema } from './database-schema';

/** Opens the database before anything that needs it is made, and closes it last. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  static forRoot(schema: DatabaseSchema): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        {
          provide: Database,
          inject: [SETTINGS_TOKEN],
          useFactory: async (settings: Settings) => {
            const database = new Database(settings, schema);
            await database.open();
            return database;
          },
        },
      ],
      exports: [Database],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
