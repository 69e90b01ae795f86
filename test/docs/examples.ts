import { blocksIn } from './commands/pages.ts';

/** What the pages say that their examples have around them. */
const PRELUDE = `import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SecurityGroup, Vpc as Network } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImageDrop } from '@imagedrop/cdk';

const stack = new Stack(new App(), 'Images');
const cloudsYaml = Secret.fromSecretNameV2(stack, 'OfTheClouds', 'imagedrop/clouds.yaml');
const vpc = new Network(stack, 'Network', { maxAzs: 2 });
const group = new SecurityGroup(stack, 'Group', { vpc });
`;

/** A snippet of a page as a whole app: as it stands where it is one, else with what it has around it. */
function whole(snippet: string): string {
  if (snippet.includes("from '@imagedrop/cdk'") && snippet.includes('new Stack(')) return snippet;
  // Within a class of the reader's the stack is `this`.
  return PRELUDE + snippet.replaceAll(/\bthis\b/g, 'stack');
}

export interface Example {
  /** "docs/construct.md:12" */
  readonly place: string;
  readonly app: string;
}

/** Every example of the documentation in TypeScript. */
export const EXAMPLES: readonly Example[] = blocksIn('ts').map(({ page, line, text }) => ({
  place: `${page}:${line}`,
  app: whole(text),
}));
