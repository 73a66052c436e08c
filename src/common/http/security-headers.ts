import helmet from 'helmet';

/**
 * Security headers for an API over plain HTTP that also serves Swagger UI and ReDoc from its own files: ReDoc starts
 * a worker from a blob, both set inline styles, and `upgrade-insecure-requests` would break them without TLS.
 */
export const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'self'"],
      fontSrc: ["'self'", 'data:'],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      workerSrc: ["'self'", 'blob:'],
    },
  },
  // TLS, and the promise to keep it, belong to a proxy: the promise would bind all other ports of the host too.
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
});
