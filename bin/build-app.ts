import { App } from 'aws-cdk-lib';
import { ImageDropStack } from '../lib/image-drop-stack.ts';
import { SettingError } from '../lib/settings/checks.ts';
import { contextSettings } from '../lib/settings/context-settings.ts';
import { FAILED } from './terminal/exit-codes.ts';

/**
 * The CDK app of one stack, by the settings of its context. An invalid setting is reported in one line.
 * @param prepare gets the app before anything is in it
 */
export function buildApp(prepare: (app: App) => void = () => {}): void {
  try {
    const app = new App();
    prepare(app);
    const { stackName, ...settings } = contextSettings(app.node);
    new ImageDropStack(app, stackName, settings);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(FAILED);
  }
}
