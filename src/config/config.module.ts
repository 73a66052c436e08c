import { type DynamicModule, Inject } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { type Settings } from './settings.schema';

const settingsConfig = (settings: Partial<Settings>) => registerAs('settings', () => settings);

/** The provider of the typed `Settings`. */
export const SETTINGS_TOKEN = settingsConfig({}).KEY;

/** Injects the typed `Settings`. */
export const InjectSettings = (): ParameterDecorator => Inject(SETTINGS_TOKEN);

/** Makes settings that were checked before known to every module. The environment is not read again. */
export function settingsModule(settings: Settings): Promise<DynamicModule> {
  return ConfigModule.forRoot({
    isGlobal: true,
    ignoreEnvFile: true,
    ignoreEnvVars: true,
    load: [settingsConfig(settings)],
  });
}
