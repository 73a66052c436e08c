import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module';
import { OllamaModule } from '../ollama/ollama.module';
import { ConversationChanges } from './conversation-changes';
import { ConversationLists } from './conversation-lists';
import { ConversationRemoval } from './conversation-removal';
import { ConversationRepository } from './conversation.repository';
import { ConversationRunner } from './conversation-runner';
import { ConversationsController } from './conversations.controller';
import { ConversationsGateway } from './conversations.gateway';
import { ConversationsService } from './conversations.service';
import { ConversationExports } from './export/conversation-exports';
import { ConversationImports } from './import/conversation-imports';
import { TeamLibrary } from './library/team-library';
import { TeamsController } from './library/teams.controller';
import { ModelQuestions } from './model-questions';
import { ModelRates } from './model-rates';
import { SavedConversationWriter } from './saved/saved-conversation-writer';
import { StepTaker } from './step-taker';
import { Transcript } from './transcript';
import { TranscriptReader } from './transcript-reader';
import { TurnCheckpoints } from './turn-checkpoints';
import { TurnReader } from './turn-reader';
import { TurnTaker } from './turn-taker';

/** Who speaks next and when it ends; the transcript; conversations that clients save, import and export. */
@Module({
  imports: [AgentsModule, OllamaModule],
  controllers: [ConversationsController, TeamsController],
  providers: [
    ConversationChanges,
    ConversationExports,
    ConversationImports,
    ConversationLists,
    ConversationRemoval,
    ConversationRepository,
    ConversationRunner,
    ConversationsGateway,
    ConversationsService,
    ModelQuestions,
    ModelRates,
    SavedConversationWriter,
    StepTaker,
    TeamLibrary,
    Transcript,
    TranscriptReader,
    TurnCheckpoints,
    TurnReader,
    TurnTaker,
  ],
  exports: [
    ConversationRemoval,
    ConversationRunner,
    ModelRates,
    TeamLibrary,
    TranscriptReader,
    TurnReader,
    TurnTaker,
  ],
})
export class ConversationsModule {}
