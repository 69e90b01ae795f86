import type { ISecurityGroup, IVpc, SubnetSelection, Vpc } from 'aws-cdk-lib/aws-ec2';
import { SettingError } from './checks.ts';

/** With exactOptionalPropertyTypes a Vpc is not an IVpc: their optional members are declared differently. */
export type AnyVpc = Vpc | IVpc;

/** Where functions stand, as the construct of a function takes it. */
export interface NetworkSettings {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

/** The part of ImageDropProps that chooses a network. */
interface NetworkProps {
  readonly vpc?: AnyVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

/** @throws SettingError if there is a choice within a VPC, but no VPC */
export function resolveNetwork({ vpc, vpcSubnets, securityGroups }: NetworkProps): NetworkSettings | undefined {
  if (vpc !== undefined) {
    return {
      vpc: vpc as IVpc,
      ...(vpcSubnets !== undefined && { vpcSubnets }),
      ...(securityGroups !== undefined && { securityGroups }),
    };
  }
  const [name] = Object.entries({ vpcSubnets, securityGroups }).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return undefined;
  throw new SettingError('vpc', undefined, `${name} is given; say which VPC it belongs to.`);
}
