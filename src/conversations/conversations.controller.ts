import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Response } from 'express';
import { sendStream } from '../common/http/send-stream';
import { WildcardText } from '../common/http/wildcard';
import { Idempotent } from '../idempotency/idempotent.decorator';
import { ResourceId } from '../idempotency/resource-id.decorator';
import { Conversation } from './conversation.dto';
import { ConversationLists } from './conversation-lists';
import { ConversationsService } from './conversations.service';
import {
  ConversationDeleted,
  ConversationList,
  ConversationSaved,
  ConversationUpdated,
  ImportReport,
  MessagePage,
  StorageInfo,
} from './dto/conversation-answers.dto';
import {
  ExportQuery,
  MessagesQuery,
  RunsQuery,
  SavedConversationsQuery,
} from './dto/conversation-queries.dto';
import { ConversationUpdate, SaveConversationRequest } from './dto/save-conversation.dto';
import { ConversationExports } from './export/conversation-exports';
import { ConversationImports } from './import/conversation-imports';
import { type UploadedFile } from './import/upload';
import { Uploads, UploadsInterceptor } from './import/uploads.interceptor';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Ids are keys, never paths: they may hold slashes, raw or encoded. */
@ApiTags('conversations')
@Controller('api/conversations')
export class ConversationsController {
  constructor(
    private readonly conversations: ConversationsService,
    private readonly lists: ConversationLists,
    private readonly exports: ConversationExports,
    private readonly imports: ConversationImports,
  ) {}

  /**
   * List saved conversations
   *
   * Those that clients saved or imported, with all their messages, newest `importedAt` first. Runs of experiments are listed
   * by experiment.
   */
  @Get()
  @ApiOkResponse({ type: ConversationList })
  listConversations(@Query() query: SavedConversationsQuery, @Res() res: Response): Promise<void> {
    return sendStream(res, this.lists.saved(query), { 'Content-Type': JSON_TYPE });
  }

  /**
   * Save a conversation
   *
   * Replaces the one with the same id, if there is one. Runs of experiments cannot be replaced.
   */
  @Post()
  @HttpCode(200)
  @Idempotent()
  saveConversation(
    @Body() request: SaveConversationRequest,
    @ResourceId() newId: string,
  ): Promise<ConversationSaved> {
    return this.conversations.save(request, newId);
  }

  /**
   * Import conversations
   *
   * One or several files as `multipart/form-data`, under any field names, or the JSON itself. Each file holds one conversation
   * or a list of them, with a list of agents or with an `agent` at each message. Each conversation is saved or refused on its
   * own; the answer tells which. An answer of more than 1 MB is given again, under an Idempotency-Key, without its `items`.
   */
  @Post('import')
  @HttpCode(200)
  @Idempotent<ImportReport>({ shorten: (report) => ({ ...report, items: [] }) })
  // Below the other interceptor, so that it runs before: the key is checked against what is in the files.
  @UseInterceptors(UploadsInterceptor)
  @ApiConsumes('multipart/form-data', 'application/json')
  @ApiBody({
    description: 'Files with conversations, or a conversation, or a list of conversations.',
    schema: {
      type: 'object',
      additionalProperties: true,
      example: {
        title: 'Two views',
        messages: [{ agent: { name: 'Guide', model: 'm:1b' }, content: 'Hello' }],
      },
    },
  })
  importConversations(
    @Uploads() files: readonly UploadedFile[],
    @ResourceId() importId: string,
  ): Promise<ImportReport> {
    return this.imports.run(files, importId);
  }

  /**
   * Get how much is stored
   *
   * Numbers of experiments, of their runs, and of saved conversations.
   */
  @Get('storage/info')
  getStorageInfo(): Promise<StorageInfo> {
    return this.conversations.storageInfo();
  }

  /**
   * List the runs of an experiment
   *
   * Finished runs, as far as they are finished in order, with all their messages. Of an unknown experiment the list is empty.
   */
  @Get('experiment/:experiment_id')
  @ApiOkResponse({ type: ConversationList })
  getExperimentConversations(
    @Param('experiment_id') experimentId: string,
    @Query() query: RunsQuery,
    @Res() res: Response,
  ): Promise<void> {
    return sendStream(res, this.lists.runs(experimentId, query), { 'Content-Type': JSON_TYPE });
  }

  /**
   * Read a page of the messages of a conversation
   *
   * Ask again with `after_seq` = the place of the last message read.
   */
  @Get('*conversation_id/messages')
  @Header('Content-Type', JSON_TYPE)
  @ApiOkResponse({ type: MessagePage })
  getConversationMessages(
    @Param('conversation_id', WildcardText) id: string,
    @Query() { after_seq: afterSeq = 0, limit = 100 }: MessagesQuery,
  ): Promise<string> {
    return this.conversations.messagesAfter(id, afterSeq, limit);
  }

  /**
   * Export a conversation
   *
   * As a file: `json` can be imported again, `md` (Markdown) and `txt` are for reading.
   */
  @Get('*conversation_id/export')
  @ApiOkResponse({
    description: 'The file.',
    content: {
      'application/json': { schema: { type: 'object', additionalProperties: true } },
      'text/markdown': { schema: { type: 'string' } },
      'text/plain': { schema: { type: 'string' } },
    },
  })
  async exportConversation(
    @Param('conversation_id', WildcardText) id: string,
    @Query() { format = 'json' }: ExportQuery,
    @Res() res: Response,
  ): Promise<void> {
    const { texts, headers } = await this.exports.open(id, format);
    await sendStream(res, texts, headers);
  }

  /**
   * Get a conversation
   *
   * A saved one by its id, a run of an experiment as `<experiment id>_<iteration>`, with all its messages.
   */
  @Get('*conversation_id')
  @Header('Content-Type', JSON_TYPE)
  @ApiOkResponse({ type: Conversation })
  getConversation(@Param('conversation_id', WildcardText) id: string): Promise<string> {
    return this.conversations.get(id);
  }

  /**
   * Change a conversation
   *
   * Merges an object into the saved conversation. Of a run of an experiment only the title changes.
   */
  @Put('*conversation_id')
  @ApiBody({ type: ConversationUpdate })
  updateConversation(
    @Param('conversation_id', WildcardText) id: string,
    @Body() body: object,
  ): Promise<ConversationUpdated> {
    return this.conversations.update(id, body);
  }

  /**
   * Delete a saved conversation
   *
   * Runs of experiments go with their experiment.
   */
  @Delete('*conversation_id')
  deleteConversation(@Param('conversation_id', WildcardText) id: string): Promise<ConversationDeleted> {
    return this.conversations.remove(id);
  }
}
