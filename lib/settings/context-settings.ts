import type { Node } from 'constructs';
import { plainObject } from './checks.ts';
import { SettingError } from './setting-error.ts';
import type { TargetProps } from './target-props.ts';

/** What the CDK app takes from its context: cdk.json, or `-c name=value` on the command line. */
export interface ContextSettings {
  readonly stackName: string;
  readonly targets: Readonly<Record<string, TargetProps>>;
  readonly cloudsYamlSecret: string;
}

/** AWS CloudFormation, "CreateStack": StackName. */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;
/** AWS Secrets Manager, "CreateSecret": Name. */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** @throws SettingError naming the context value that cannot work */
export function contextSettings(node: Node): ContextSettings {
  return {
    stackName: textOf(node, 'stackName', 'ImageDrop', STACK_NAME, 'the name of a stack: letters, digits and "-"'),
    targets: targetsOf(node),
    cloudsYamlSecret: textOf(
      node,
      'cloudsYamlSecret',
      'imagedrop/clouds.yaml',
      SECRET_NAME,
      'the name of a secret in AWS Secrets Manager, not its ARN',
    ),
  };
}

function textOf(node: Node, name: string, byDefault: string, form: RegExp, wanted: string): string {
  const value: unknown = node.tryGetContext(name) ?? byDefault;
  if (typeof value === 'string' && form.test(value)) return value;
  throw new SettingError(name, value, `give ${wanted}.`);
}

const EXAMPLE = `-c targets='{"mycloud":{"kind":"glance"}}'`;

/** Whether each target is one, the construct finds out. */
function targetsOf(node: Node): Readonly<Record<string, TargetProps>> {
  const value: unknown = node.tryGetContext('targets');
  if (value === undefined) throw new SettingError('targets', value, `name your clouds in cdk.json, or ${EXAMPLE}.`);
  return plainObject('targets', typeof value === 'string' ? parsed(value) : value) as Record<string, TargetProps>;
}

/** The command line gives every context value as text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SettingError('targets', text, `this is no JSON (${String(error)}); write ${EXAMPLE}.`);
  }
}
