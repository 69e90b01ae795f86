import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ImageDropStack } from '../lib/image-drop-stack.ts';
import { contextSettings } from '../lib/settings/context-settings.ts';
import { SettingError } from '../lib/settings/setting-error.ts';

try {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { stackName, ...settings } = contextSettings(app.node);
  new ImageDropStack(app, stackName, settings);
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
