import { Module } from '@nestjs/common';
import { OllamaModule } from '../ollama/ollama.module';

/** Installed models, the catalog, and pulls with progress. */
@Module({ imports: [OllamaModule] })
export class ModelsModule {}
