import { OPERATOR } from '../local/s3/support/local-s3.ts';

/** Lets the clients of aws-clients.ts find a service of the test's own, by the variables that the SDK reads. */
export function useAws(endpoint: string): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: OPERATOR.accessKeyId,
    AWS_SECRET_ACCESS_KEY: OPERATOR.secretAccessKey,
  });
}
