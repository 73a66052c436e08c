// The same Swagger plugin that `nest build` runs, so that tests and build yield one OpenAPI document.
// Bump `version` when the options change: it is part of jest's cache key.
const { before } = require('@nestjs/swagger/plugin');

module.exports = {
  name: 'nestjs-swagger-transformer',
  version: 1,
  factory: (compiler) =>
    before(
      { introspectComments: true, classValidatorShim: true, dtoFileNameSuffix: ['.dto.ts'] },
      compiler.program,
    ),
};
