import { Module } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { CallScheduler } from './call-scheduler';
import { ChatModelFactory } from './chat-model.factory';
import { ContextWindows } from './context-windows';
import { FifoCallScheduler } from './fifo-call-scheduler';
import { ModelCaller } from './model-caller';
import { ModelFactsReader } from './model-facts';
import { ModelUse } from './model-use';
import { OllamaHttp } from './ollama-http';
import { OllamaClient } from './ollama.client';

/** The only place that talks to Ollama. */
@Module({
  providers: [
    OllamaHttp,
    OllamaClient,
    ModelFactsReader,
    ModelUse,
    ContextWindows,
    ChatModelFactory,
    ModelCaller,
    {
      provide: CallScheduler,
      inject: [SETTINGS_TOKEN],
      useFactory: (settings: Settings) => new FifoCallScheduler(settings.ollamaNumParallel),
    },
  ],
  exports: [ModelCaller, ModelUse, OllamaClient],
})
export class OllamaModule {}
