import { createHash } from 'node:crypto';

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';

/** `arn:aws:sqs:us-east-1:000000000000:name`. */
export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}

/** ARNs of IAM know no region. */
export function roleArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;
}

/** The resource at the end of an ARN: the name of a queue, topic or bucket. */
export function nameOfArn(resourceArn: string): string {
  return resourceArn.split(':').slice(5).join(':');
}

/**
 * The name of a resource whose template gives none: the same at every start. CloudFormation puts random letters there;
 * the logical ids of one stack are distinct already.
 */
export function physicalName(stackName: string, logicalId: string, maxLength: number): string {
  const name = `${stackName}-${logicalId}`;
  if (name.length <= maxLength) return name;
  return `${name.slice(0, maxLength - HASH_LENGTH - 1)}-${shortHash(name)}`;
}

/** Bucket names are lower case, digits, dots and hyphens (Amazon S3 user guide, "General purpose bucket naming rules"). */
export function bucketName(stackName: string, logicalId: string): string {
  return physicalName(stackName, logicalId, MAX_BUCKET_NAME_LENGTH)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-');
}

/** Secrets Manager ends the ARN of a secret with a hyphen and six random letters; here they follow from the name. */
export function secretArn(name: string): string {
  return arn('secretsmanager', `secret:${name}-${shortHash(name).slice(0, 6)}`);
}

const MAX_BUCKET_NAME_LENGTH = 63;
const HASH_LENGTH = 8;

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}
