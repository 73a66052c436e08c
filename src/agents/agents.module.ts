import { Module } from '@nestjs/common';
import { OllamaModule } from '../ollama/ollama.module';
import { AgentTurns } from './agent-turns';

/** One agent, one turn: prompt, call and the cleaned answer. */
@Module({
  imports: [OllamaModule],
  providers: [AgentTurns],
  exports: [AgentTurns],
})
export class AgentsModule {}
