/** What is found of one signature. */

/** A file of publisherKeys. */
export interface KeyFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** On one signature; `key` is the fingerprint, or the id of a key that is not in the settings. */
export type Verdict =
  | { readonly outcome: 'valid'; readonly key: string; readonly by: string }
  | { readonly outcome: SignatureFault; readonly key: string; readonly reason: string };
type SignatureFault = 'signature-key-unknown' | 'signature-not-accepted' | 'signature-invalid';

interface Verified {
  readonly verdicts: readonly Verdict[];
  /** What a clearsigned file signs. */
  readonly text?: string;
}

/** @param signed what a detached signature is of; undefined: the signature is a clearsigned file */
export type VerifySignature = (signature: Buffer, signed: Buffer | undefined) => Promise<Verified>;

/** @param id in hex */
export const unknownKey = (id: string): Verdict => ({
  outcome: 'signature-key-unknown',
  key: id.toUpperCase(),
  reason: 'The key is not in publisherKeys of the stack.',
});

export const NO_MATCH =
  'The signature does not match. The signed file or the signature was changed, or they are of two releases.';
