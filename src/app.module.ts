import { type DynamicModule, Module } from '@nestjs/common';
import { settingsModule } from './config/config.module';
import { type Settings } from './config/settings.schema';
import { DatabaseModule } from './database/database.module';
import { DocsModule } from './docs/docs.module';
import { ExperimentsModule } from './experiments/experiments.module';
import { HealthModule } from './health/health.module';
import { IdempotencyModule } from './idempotency/idempotency.module';
import { LiveModule } from './live/live.module';
import { ModelsModule } from './models/models.module';
import { OllamaModule } from './ollama/ollama.module';
import { schema } from './schema';

/** The whole backend. */
@Module({})
export class AppModule {
  static forRoot(settings: Settings): DynamicModule {
    return {
      module: AppModule,
      imports: [
        settingsModule(settings),
        DatabaseModule.forRoot(schema),
        LiveModule,
        IdempotencyModule,
        ExperimentsModule,
        ModelsModule,
        OllamaModule,
        HealthModule,
        DocsModule,
      ],
    };
  }
}
