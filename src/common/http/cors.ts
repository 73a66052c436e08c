import { type NestExpressApplication } from '@nestjs/platform-express';
import { type NextFunction, type Request, type Response } from 'express';
import { type Settings } from '../../config/settings.schema';
import { normalOrigin } from '../access/origin';

export type CorsSettings = Pick<
  Settings,
  'corsOrigins' | 'corsAllowCredentials' | 'corsAllowMethods' | 'corsAllowHeaders'
>;

const ALL_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const MAX_AGE_SECONDS = 600;

/** CORS as wire-contract §1 has it: listed origins only, and a preflight from another one is refused with a text. */
export function installCors(app: NestExpressApplication, settings: CorsSettings): void {
  const origins = settings.corsOrigins.map(normalOrigin).filter((origin) => origin !== undefined);
  const options = {
    origin: origins,
    credentials: settings.corsAllowCredentials,
    methods: settings.corsAllowMethods.includes('*') ? ALL_METHODS : settings.corsAllowMethods,
    // Without a list, the headers that the preflight asks for are echoed.
    allowedHeaders: settings.corsAllowHeaders.includes('*') ? undefined : settings.corsAllowHeaders,
    exposedHeaders: ['X-Request-Id', 'Idempotency-Replayed', 'Retry-After'],
    maxAge: MAX_AGE_SECONDS,
    optionsSuccessStatus: 200,
  };
  app.use((req: Request, res: Response, next: NextFunction) => {
    if (isPreflight(req) && !origins.includes(req.headers.origin ?? '')) {
      res.vary('Origin').status(400).type('text/plain').send('Disallowed CORS origin');
    } else {
      next();
    }
  });
  // The library takes every OPTIONS request for a preflight; others go on to the routes.
  app.enableCors((req: Request, answer: (error: null, chosen: object) => void) => {
    answer(null, { ...options, preflightContinue: !isPreflight(req) });
  });
}

function isPreflight({ method, headers }: Request): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}
