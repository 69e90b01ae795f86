import type { ISecurityGroup, ISubnet } from 'aws-cdk-lib/aws-ec2';

/** Where the instances stand that run stream-upload. They need a way out to the image endpoint and to AWS. */
export interface ManagedInstancesProps {
  /** 1 to 16, of several availability zones: AWS Lambda starts three instances, one in each. */
  readonly subnets: ISubnet[];

  /** 1 to 5. Nothing has to come in. */
  readonly securityGroups: ISecurityGroup[];

  /**
   * The most vCPUs that the instances may have together.
   *
   * @default - 400, the service's own default; maxConcurrentUploads is reached with fewer
   */
  readonly maxVCpuCount?: number;
}
