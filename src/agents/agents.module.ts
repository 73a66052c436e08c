import { Module } from '@nestjs/common';
import { OllamaModule } from '../ollama/ollama.module';
import { AgentTurns } from './agent-turns';
import { AgentLibrary } from './library/agent-library';
import { AgentsController } from './library/agents.controller';
import { LibraryChanges } from './library/library-changes';
import { LibraryGateway } from './library/library.gateway';
import { LibraryStore } from './library/library-store';
import { TokenEstimates } from './prompt/token-estimate';
import { AgentTries } from './try/agent-tries';
import { AgentTriesController } from './try/agent-tries.controller';
import { TryAnswers } from './try/try-answers';

/** One agent, one turn: prompt, call and the cleaned answer; the library of agents, and of what is made of them. */
@Module({
  imports: [OllamaModule],
  controllers: [AgentTriesController, AgentsController],
  providers: [
    AgentLibrary,
    AgentTries,
    AgentTurns,
    LibraryChanges,
    LibraryGateway,
    LibraryStore,
    TokenEstimates,
    TryAnswers,
  ],
  exports: [AgentLibrary, AgentTurns, LibraryChanges, LibraryStore, TokenEstimates],
})
export class AgentsModule {}
