import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module';
import { OllamaModule } from '../ollama/ollama.module';
import { ConversationRunner } from './conversation-runner';
import { SpeakerSelector } from './speaker-selector';
import { Transcript } from './transcript';
import { TranscriptReader } from './transcript-reader';

/** Who speaks next and when it ends; the transcript. */
@Module({
  imports: [AgentsModule, OllamaModule],
  providers: [ConversationRunner, SpeakerSelector, Transcript, TranscriptReader],
  exports: [ConversationRunner, Transcript, TranscriptReader],
})
export class ConversationsModule {}
