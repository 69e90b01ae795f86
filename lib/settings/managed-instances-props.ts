import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';

/** The network of the instances that run stream-upload. They need a way out to the image endpoint and to AWS. */
export interface ManagedInstancesProps {
  /** 1 to 16, in several availability zones. AWS Lambda starts three instances, one in each zone. */
  readonly subnets: ISubnet[];

  /** 1 to 5. They need no inbound rule. */
  readonly securityGroups: ISecurityGroup[];

  /**
   * Limit of the instances' vCPUs together.
   *
   * @default 400 - the service's own default; maxConcurrentUploads needs fewer
   */
  readonly maxVCpuCount?: number;
}
