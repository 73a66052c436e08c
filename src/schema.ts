import { ConversationEntity } from './conversations/conversation.entity';
import { MessageEntity } from './conversations/message.entity';
import { ModelCallEntity } from './conversations/model-call.entity';
import { TurnEntity } from './conversations/turn.entity';
import { type DatabaseSchema } from './database/database-schema';
import { ExperimentEntity } from './experiments/experiment.entity';
import { WebhookDeliveryEntity } from './experiments/webhooks/webhook-delivery.entity';
import { IdempotencyKeyEntity } from './idempotency/idempotency-key.entity';
import { ImportedRecordEntity } from './importer/imported-record.entity';
import { EventEntity } from './live/event.entity';
import { LibraryEntryEntity } from './agents/library/library-entry.entity';
import { LibraryVersionEntity } from './agents/library/library-version.entity';
import { migrations } from './migrations';
import { ModelCatalogEntity } from './models/catalog/model-catalog.entity';
import { PullTaskEntity } from './models/pull-task.entity';

/** All tables. Entities live in their features; this is the one list of them. */
export const schema: DatabaseSchema = {
  entities: [
    ExperimentEntity,
    ConversationEntity,
    TurnEntity,
    ModelCallEntity,
    MessageEntity,
    EventEntity,
    PullTaskEntity,
    ModelCatalogEntity,
    ImportedRecordEntity,
    WebhookDeliveryEntity,
    IdempotencyKeyEntity,
    LibraryEntryEntity,
    LibraryVersionEntity,
  ],
  migrations,
};
