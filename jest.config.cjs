// Tests are transpiled by swc, one file at a time; `npm run typecheck` checks their types. Nest 12 ships ES modules only, which
// jest cannot require() on Node 20, so swc turns just those packages into CommonJS.
const transpile = (parser, options = {}) => [
  '@swc/jest',
  { swcrc: false, jsc: { parser, target: 'es2022', ...options }, module: { type: 'commonjs' } },
];

const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/test/setup.cjs'],
  moduleFileExtensions: ['ts', 'js', 'json'],
  transform: {
    '^.+\\.ts$': transpile(
      { syntax: 'typescript', decorators: true },
      {
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        keepClassNames: true,
      },
    ),
    '/node_modules/.+\\.js$': transpile({ syntax: 'ecmascript' }),
  },
  transformIgnorePatterns: ['/node_modules/(?!@nestjs/)'],
};

module.exports = {
  maxWorkers: 2,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'],
      // What is tested is what ships: `nest build` comes first, with the Swagger plugin that reads types and comments.
      moduleNameMapper: { '^(?:\\.\\./)+src/(?!.*/testing/)(.*)$': '<rootDir>/dist/$1' },
    },
  ],
};
