import { Module } from '@nestjs/common';
import { OllamaModule } from '../ollama/ollama.module';
import { AgentTurns } from './agent-turns';
import { TokenEstimates } from './prompt/token-estimate';

/** One agent, one turn: prompt, call and the cleaned answer. */
@Module({
  imports: [OllamaModule],
  providers: [AgentTurns, TokenEstimates],
  exports: [AgentTurns, TokenEstimates],
})
export class AgentsModule {}
