import { readFileSync } from 'node:fs';

const PAGE = readFileSync(new URL('../../docs/construct.md', import.meta.url), 'utf8');
const [app = '', ...others] = Array.from(PAGE.matchAll(/```ts\n([\s\S]*?)```/g), ([, code = '']) => code);

/** What the page says that its examples have from the app above them. */
const PRELUDE = `import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImageDrop } from 'imagedrop';

const stack = new Stack(new App(), 'Images');
const cloudsYaml = Secret.fromSecretNameV2(stack, 'CloudsYaml', 'imagedrop/clouds.yaml');
`;

/** The examples of docs/construct.md, each as a whole app; the first is one as it stands there. */
export const EXAMPLES: readonly string[] = [app, ...others.map((code) => PRELUDE + code)];
