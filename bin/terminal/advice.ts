import { ImageDropError } from '../../lambda/model/errors.ts';

/** What to do about an error, by its name or code: those of AWS's services and SDKs, and of the network. */
const NEXT_STEPS: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    'Log in (`aws sso login`), set keys (`aws configure`), or name a profile by AWS_PROFILE; `imagedrop doctor` looks further.',
  TokenProviderError: 'The login has ended: `aws sso login`.',
  ExpiredToken: 'The AWS credentials have ended: log in again.',
  ExpiredTokenException: 'The AWS credentials have ended: log in again.',
  InvalidAccessKeyId: 'AWS does not know this access key: look at AWS_ACCESS_KEY_ID and AWS_PROFILE.',
  InvalidClientTokenId: 'AWS does not know this access key: look at AWS_ACCESS_KEY_ID and AWS_PROFILE.',
  UnrecognizedClientException: 'AWS does not know this access key: look at AWS_ACCESS_KEY_ID and AWS_PROFILE.',
  SignatureDoesNotMatch: 'The secret of the access key is another: look at AWS_SECRET_ACCESS_KEY and AWS_PROFILE.',
  AccessDenied: 'These AWS credentials may not do that: use others, or have them given the right.',
  AccessDeniedException: 'These AWS credentials may not do that: use others, or have them given the right.',
  '403': 'These AWS credentials may not do that: use others, or have them given the right.',
  RequestTimeTooSkewed: 'The clock of this machine is wrong: set it (`timedatectl`).',
  NoSuchBucket: 'The stack was deleted or deployed anew perhaps: `imagedrop stack NAME` looks it up again.',
  NoSuchUpload:
    'Another `imagedrop drop` of this file was faster, or somebody gave the upload up: look at `imagedrop status KEY`.',
  ECONNREFUSED: 'Nothing listens there. A stack on this machine that was killed: run `npm start` again.',
  ENOTFOUND: 'Is there a network, and is the name right? Without one, look at AWS_REGION.',
  EAI_AGAIN: 'There is no name service: is there a network?',
  ETIMEDOUT: 'Is there a network, and a way through the firewall?',
  EACCES: 'This user has no permission for it: change the permission, or run the command as another user.',
  EROFS: 'The file system is read-only: run the command in another folder.',
  ENOSPC: 'Free space on this disk. `npx imagedrop clean` deletes what the stack of this folder has stored.',
  ECONNRESET: 'The connection broke: try again.',
};

/** The SDK has no name of its own for it. */
const NO_REGION = /Region is missing/;

/** What the user can do about an error or its cause; undefined when that is unknown. */
export function adviceOn(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const found = stepFor(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function stepFor(error: Error): string | undefined {
  if (error instanceof ImageDropError) return error.nextStep;
  if (NO_REGION.test(error.message)) return 'Say where the stack is: AWS_REGION=eu-west-1, or `aws configure`.';
  const { code, $metadata } = error as NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } };
  // An answer to HEAD has no document that names the error.
  const names = [error.name, code, String($metadata?.httpStatusCode)];
  const known = names.find((name) => name !== undefined && Object.hasOwn(NEXT_STEPS, name));
  return known === undefined ? undefined : NEXT_STEPS[known];
}
