import { readFileSync } from 'node:fs';
import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SETTINGS_TOKEN } from '../config/config.module';
import { type Settings } from '../config/settings.schema';

/** The API document as ReDoc shows it; page and script come from this server, so it works offline. */
@ApiExcludeController()
@Controller('redoc')
export class RedocController {
  private bundle?: string;

  constructor(@Inject(SETTINGS_TOKEN) private readonly settings: Settings) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(): string {
    const title = this.settings.apiTitle.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body style="margin: 0"><redoc spec-url="/openapi.json"></redoc><script src="/redoc/redoc.standalone.js"></script></body>
</html>`;
  }

  /** The one picture that the bundle loads from elsewhere is left out. */
  @Get('redoc.standalone.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  script(): string {
    this.bundle ??= readFileSync(require.resolve('redoc/bundles/redoc.standalone.js'), 'utf8').replace(
      /https:\/\/[^"'\s]*logo-mini\.svg/g,
      'data:,',
    );
    return this.bundle;
  }
}
