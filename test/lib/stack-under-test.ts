import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImageDrop } from '../../lib/image-drop.ts';
import type { ImageDropProps } from '../../lib/settings/props.ts';

const CDK_JSON = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'));

// The template is compared with what is expected of it; app.test.ts checks it against CloudFormation's own rules.
process.env.CDK_VALIDATION = 'false';

const folder = mkdtempSync(join(tmpdir(), 'imagedrop-lib-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An app with this context alone. */
export function appWith(context: Readonly<Record<string, unknown>>): App {
  return new App({ context, outdir: mkdtempSync(join(folder, 'cdk.out-')) });
}

/** An app with the feature flags of cdk.json; bundling is left out where the code is not under test. */
export function appUnderTest(): App {
  return appWith({ ...CDK_JSON.context, 'aws:cdk:bundling-stacks': [] });
}

export interface Deployed {
  readonly stack: Stack;
  readonly drop: ImageDrop;
  readonly template: Template;
}

/** The construct in somebody's own stack. */
export function deployed(propsOf: (stack: Stack) => Partial<ImageDropProps> = () => ({})): Deployed {
  const stack = new Stack(appUnderTest(), 'Mine');
  const drop = new ImageDrop(stack, 'Drop', {
    targets: { mycloud: { kind: 'glance' } },
    cloudsYaml: Secret.fromSecretNameV2(stack, 'CloudsYaml', 'imagedrop/clouds.yaml'),
    ...propsOf(stack),
  });
  return { stack, drop, template: Template.fromStack(stack) };
}

/** The properties of the resource behind a construct. */
export function propertiesOf({ stack, template }: Deployed, construct: { readonly node: { defaultChild?: unknown } }) {
  return resourceOf({ stack, template }, construct).Properties;
}

export function resourceOf(
  { stack, template }: Pick<Deployed, 'stack' | 'template'>,
  construct: { readonly node: { defaultChild?: unknown } },
) {
  const { logicalId } = construct.node.defaultChild as { logicalId: string };
  return template.toJSON().Resources[stack.resolve(logicalId)];
}
