import { Logger as NestLogger } from '@nestjs/common';
import { type Logger } from 'typeorm';
import { isDatabaseDamaged } from './sqlite-error';

/** Tells the operator, beside the error of the request itself, when the database turns out to be damaged. */
export class DamageLogger implements Logger {
  private readonly logger = new NestLogger('Database');

  constructor(private readonly path: string) {}

  logQueryError(error: string | Error): void {
    if (isDatabaseDamaged(error)) {
      this.logger.error(
        'The database is damaged. Stop the server and put a backup in its place: npm run restore -- --from <file>',
        { path: this.path, error },
      );
    }
  }

  logQuery(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
