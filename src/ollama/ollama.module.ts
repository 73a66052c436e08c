import { Module } from '@nestjs/common';
import { AddressResolver, SystemAddressResolver } from './address-resolver';
import { CallScheduler } from './call-scheduler';
import { ChatModelFactory } from './chat-model.factory';
import { ContextWindows } from './context-windows';
import { EndpointTester } from './endpoint-tester';
import { GenerateProxy } from './generate-proxy';
import { ModelCaller } from './model-caller';
import { ModelFactsReader } from './model-facts';
import { ModelUse } from './model-use';
import { OllamaFleet } from './ollama-fleet';
import { OllamaServers } from './ollama-servers';
import { OllamaWatch } from './ollama-watch';
import { OllamaController } from './ollama.controller';
import { OllamaGateway } from './ollama.gateway';
import { ModelScheduler } from './scheduling/model-scheduler';
import { ServerObserver } from './scheduling/server-observer';

/** The only place that talks to Ollama. */
@Module({
  controllers: [OllamaController],
  providers: [
    OllamaServers,
    OllamaFleet,
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
    ModelScheduler,
    ServerObserver,
    { provide: CallScheduler, useExisting: ModelScheduler },
  ],
  exports: [CallScheduler, ModelCaller, ModelFactsReader, ModelUse, OllamaFleet],
})
export class OllamaModule {}
