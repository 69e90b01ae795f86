import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { WrongUse } from '../terminal/exit-codes.ts';
import type { DeployedStack } from './remembered.ts';

/**
 * Asks CloudFormation for a stack, with the AWS credentials and the region of the environment.
 * @throws WrongUse when there is none of that name; an Error when CloudFormation does not say
 */
export async function describeStack(name: string): Promise<DeployedStack> {
  const client = new CloudFormationClient();
  try {
    const region = await client.config.region();
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const outputs = (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
    return { name, region, outputs: Object.fromEntries(outputs) };
  } catch (error) {
    const { name: kind, message } = error as Error;
    const text = `The stack ${name} could not be found: ${message}`;
    // CloudFormation's answer to a name that it does not know.
    throw kind === 'ValidationError' ? new WrongUse(text, { cause: error }) : new Error(text, { cause: error });
  } finally {
    client.destroy();
  }
}

/** The default region of AWS commands; undefined when none is set. */
export async function usualRegion(): Promise<string | undefined> {
  const client = new CloudFormationClient();
  try {
    return await client.config.region();
  } catch {
    // No region is set anywhere: what to do about it depends on who asks.
    return undefined;
  } finally {
    client.destroy();
  }
}
