import { Module } from '@nestjs/common';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';
import { AddressResolver, SystemAddressResolver } from './address-resolver';
import { CallScheduler } from './call-scheduler';
import { ChatModelFactory } from './chat-model.factory';
import { ContextWindows } from './context-windows';
import { EndpointTester } from './endpoint-tester';
import { FifoCallScheduler } from './fifo-call-scheduler';
import { GenerateProxy } from './generate-proxy';
import { ModelCaller } from './model-caller';
import { ModelFactsReader } from './model-facts';
import { ModelUse } from './model-use';
import { OllamaServers } from './ollama-servers';
import { OllamaWatch } from './ollama-watch';
import { OllamaClient } from './ollama.client';
import { OllamaController } from './ollama.controller';
import { OllamaGateway } from './ollama.gateway';

/** The only place that talks to Ollama. */
@Module({
  controllers: [OllamaController],
  providers: [
    OllamaServers,
    { provide: OllamaClient, inject: [OllamaServers], useFactory: ({ all }: OllamaServers) => all[0].client },
    ModelFactsReader,
    ModelUse,
    ContextWindows,
    ChatModelFactory,
    ModelCaller,
    GenerateProxy,
    EndpointTester,
    OllamaWatch,
    OllamaGateway,
    { provide: AddressResolver, useClass: SystemAddressResolver },
    {
      provide: CallScheduler,
      inject: [OllamaServers, SETTINGS_TOKEN],
      useFactory: ({ all }: OllamaServers, { ollamaNumParallel }: Settings) =>
        new FifoCallScheduler(all[0], ollamaNumParallel),
    },
  ],
  exports: [ModelCaller, ModelFactsReader, ModelUse, OllamaClient],
})
export class OllamaModule {}
