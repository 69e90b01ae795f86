/**
 * The one family of errors. Each code is stable: it is in records, tags, logs, metrics and docs/errors.md,
 * and people write alarms and scripts against it.
 */
interface ErrorKind {
  /** Whether the same work may succeed later without anyone doing anything. */
  readonly retryable: boolean;
  /** What the user can do, in one sentence. */
  readonly nextStep: string;
}

const permanent = (nextStep: string): ErrorKind => ({ retryable: false, nextStep });
const passing = (nextStep: string): ErrorKind => ({ retryable: true, nextStep });

const DROP_AGAIN = 'Make the file again at its source and drop it again.';
const CONVERT = 'Convert it with `qemu-img convert -O qcow2 FILE NEW.qcow2` and drop the new file.';
const UNTRUSTED = 'Do not trust this file; drop a self-contained image, made with `qemu-img convert`.';
const WAITS = 'Nothing to do: it is retried automatically.';

export const ERROR_KINDS = {
  // What is wrong with the file
  empty: permanent('Check the file and drop it again.'),
  'not-a-disk-image': permanent(
    'Drop a disk image; if these bytes are a raw disk, set the user metadata disk-format=raw.',
  ),
  compressed: permanent('Unpack the file and drop the disk image inside.'),
  truncated: permanent('The end of the file is missing: copy the whole file again and drop it again.'),
  'corrupt-header': permanent(DROP_AGAIN),
  'two-formats': permanent(UNTRUSTED),
  'wrong-format': permanent('Correct disk-format in the metadata, or leave it out, and drop the file again.'),
  'backing-file': permanent(UNTRUSTED),
  'external-data-file': permanent(UNTRUSTED),
  'parent-image': permanent('Merge the image with its parent (`qemu-img convert`) and drop the result.'),
  'unsafe-extent': permanent(UNTRUSTED),
  encrypted: permanent('Decrypt the image with `qemu-img convert` and drop the result.'),
  'unknown-feature': permanent(CONVERT),
  'unsupported-variant': permanent(CONVERT),
  'corrupt-data': permanent(
    'Compare the checksum of the file with that of its publisher, copy it again and drop it again.',
  ),
  'trailing-bytes': permanent('Remove these bytes or copy the file again, and drop it again.'),
  'several-images': permanent(
    'Name one of them as `member` in the metadata, or unpack the file and drop each disk image on its own.',
  ),
  'no-image-inside': permanent('Drop a file with one disk image inside.'),
  'manifest-mismatch': permanent(
    'Copy the file again from its publisher and drop it again. If the manifest is wrong, drop the disk image alone.',
  ),
  'packed-twice': permanent('Unpack one layer and drop the result.'),
  'unreplayed-log': permanent('Open the image once in Hyper-V or run `qemu-img check -r all`, then drop it again.'),

  // What is wrong with the object or its metadata
  'object-gone': permanent('Drop it again if you need it.'),
  'object-changed': permanent('Nothing to do: the newer version has its own record.'),
  'source-unreadable': passing('Check that the function may read the bucket and its KMS key, if this goes on.'),
  'object-archived': permanent('Restore the object; the drop continues when S3 reports the end of the restore.'),
  'object-customer-key': permanent('Copy the file without a key of your own (`aws s3 cp` without `--sse-c`).'),
  'object-key-denied': permanent(
    'Give the named role `kms:Decrypt` on the key, or enable the key, then run `imagedrop retry`.',
  ),
  'object-denied': permanent('Correct the policy of the bucket or of the VPC endpoint, then run `imagedrop retry`.'),
  'object-foreign': permanent(
    'Set the object ownership of the bucket to BucketOwnerEnforced, then run `imagedrop retry`.',
  ),
  'bad-metadata': permanent('Correct the value and drop the file again.'),

  // What its publisher says of it
  'checksum-mismatch': permanent(
    'Do not use this file: download it again from its publisher, compare its checksum, and drop it again.',
  ),
  'checksum-conflict': permanent(
    'Keep the checksum file that belongs to this file, delete the others, then run `imagedrop retry` for the image or drop it again.',
  ),
  'checksum-missing': permanent(
    'Put the checksum file of the publisher beside the image, then run `imagedrop retry` for the image or drop it again.',
  ),
  'checksum-not-compared': permanent(
    'Drop the image in a smaller form (`qemu-img convert -c -O qcow2`), or have the operator set `require` to none.',
  ),
  'signature-missing': permanent(
    'Put the checksum file of the publisher and its signature beside the image, then run `imagedrop retry` for the image or drop it again.',
  ),
  'signature-key-unknown': permanent(
    'Compare the key with the one that the publisher names, add it to `publisherKeys` and deploy the stack, then run `imagedrop retry`.',
  ),
  'signature-not-accepted': permanent(
    'Get a newer signature or the renewed key from the publisher, then run `imagedrop retry` for the image or drop it again.',
  ),
  'signature-invalid': permanent(
    'Do not use this file: download it, its checksum file and the signature again from the publisher, and drop them again.',
  ),

  // What is wrong with the target
  'bad-clouds-yaml': permanent('Correct the clouds.yaml in the secret, then drop the file again.'),
  'no-such-cloud': permanent('Add the cloud to the clouds.yaml in the secret, or remove the target from the stack.'),
  unauthorized: passing('Correct user, password or application credential in clouds.yaml; drops wait for four days.'),
  'token-refused': passing(
    'Check that the image service can ask Keystone about tokens ([keystone_authtoken], clocks), if this goes on.',
  ),
  'untrusted-certificate': permanent(
    "Set `cacert` of the cloud in clouds.yaml to the endpoint's authority, then drop the file again.",
  ),
  forbidden: permanent('Give the user the right to create images, then drop the file again.'),
  'format-not-taken': permanent('Convert the image to an accepted format and drop the result.'),
  'too-large': permanent('Make the image smaller, or raise the limit of the target.'),
  'route-not-offered': permanent('Ask the cloud to offer the import method, or set the route of the target to auto.'),
  'invalid-request': permanent('Correct the metadata and drop the file again.'),
  'quota-exceeded': passing('Delete unneeded images or raise the quota; the drop waits for four days.'),
  'store-full': passing('Make room in the image store; the drop waits for four days.'),
  'endpoint-busy': passing(WAITS),
  'endpoint-unavailable': passing('Check that the image endpoint is reachable, if this goes on.'),
  'endpoint-answer': passing('Check what answers at this address.'),

  // What happened to the image on its way
  'content-refused': permanent('Read the cause and convert the image.'),
  'upload-interrupted': passing(WAITS),
  'import-refused': permanent(
    'Ask the operator of the cloud to allow this address in [import_filtering_opts], or set the route of the target to stream.',
  ),
  'import-failed': passing('Check that the image service can reach the bucket, if this goes on.'),
  'staging-refused': permanent(
    'Check `staging` of the target and `object_storage` in clouds.yaml, then drop the file again.',
  ),
  'staging-unavailable': passing('Check that the object storage is reachable, if this goes on.'),
  stalled: passing(WAITS),
  'out-of-time': passing('Give the function more memory (it brings network), or use a faster link.'),
  'image-lost': passing(WAITS),
  'image-killed': passing('Read the cause.'),
  'image-id-taken': passing(WAITS),
  'image-protected': permanent('Unprotect or delete the image at the endpoint, then drop the file again.'),
  'size-mismatch': passing(WAITS),
  'hash-mismatch': passing('Check the store of the image endpoint, if this goes on.'),
  'never-active': permanent('Look at the image and its tasks at the endpoint, then drop the file again.'),
  'retries-exhausted': permanent('Fix the named cause, then drop the file again.'),

  // What happened among ourselves
  'aws-unavailable': passing('Check the named AWS service and the rights of the function, if this goes on.'),
  'lease-held': passing(WAITS),
  'record-conflict': passing(WAITS),
  'shutting-down': passing(WAITS),
  'bad-record': permanent('A person or a newer version changed it: restore it or drop the file again.'),
  'bad-message': permanent('Read the message in the dead-letter queue; this stack did not write it.'),
  'bad-setting': permanent('Correct the setting and deploy the stack again.'),
  internal: passing('Please report this with the record and the log lines of the drop.'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** Codes of an object that is there and cannot be read. */
export const REFUSED_READS: readonly ErrorCode[] = [
  'object-archived',
  'object-customer-key',
  'object-key-denied',
  'object-denied',
  'object-foreign',
];

export interface ErrorDetails {
  readonly cause?: unknown;
  /** Seconds the other side asked us to wait (Retry-After, RFC 9110 section 10.2.3). */
  readonly retryAfterSeconds?: number;
  /** Overrides the code's own verdict, where the same code can be either. */
  readonly retryable?: boolean;
  /** Whether the target as a whole has no room or does not answer, so that any other drop would fare the same. */
  readonly wholeTarget?: boolean;
  /** Overrides the code's own next step, where this case has a better one. */
  readonly nextStep?: string;
  /** The value of the image that was refused, by its name in the record's `sent`. */
  readonly refusedValue?: string;
}

export class ImageDropError extends Error {
  override readonly name = 'ImageDropError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly nextStep: string;
  readonly retryAfterSeconds: number | undefined;
  readonly wholeTarget: boolean;
  readonly refusedValue: string | undefined;

  /** @param message one sentence that a person understands: what was wrong, with the names and figures of this case. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.retryable = details.retryable ?? ERROR_KINDS[code].retryable;
    this.nextStep = details.nextStep ?? ERROR_KINDS[code].nextStep;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.wholeTarget = details.wholeTarget ?? false;
    this.refusedValue = details.refusedValue;
  }
}

/** Takes any thrown value into the family, so that a step has one kind of error to decide on. */
export function asImageDropError(thrown: unknown): ImageDropError {
  if (thrown instanceof ImageDropError) return thrown;
  return new ImageDropError('internal', `Unexpected error: ${messageOf(thrown)}`, { cause: thrown });
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The causes of an error, outermost first, as one line for the record: "refused: connect ECONNREFUSED". */
export function causeLine(error: Error): string | undefined {
  const messages: string[] = [];
  for (let cause = error.cause; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    messages.push(messageOf(cause));
  }
  return messages.length > 0 ? messages.join(': ') : undefined;
}
