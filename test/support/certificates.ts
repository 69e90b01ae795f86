import { readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.join(import.meta.dirname, 'tls');

export type CertificateName = 'localhost' | 'expired' | 'future' | 'other-host' | 'client';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The authority that has signed all of them (tls/make-certificates.sh), as PEM text and as a file. */
export const AUTHORITY = pem('authority');
export const AUTHORITY_FILE = path.join(FOLDER, 'authority.pem');

/** One of the tests' certificates with its key: for localhost and 127.0.0.1, but for `other-host` and `client`. */
export function certificate(name: CertificateName): Certificate {
  return { cert: pem(name), key: pem('test-key') };
}

function pem(name: string): string {
  return readFileSync(path.join(FOLDER, `${name}.pem`), 'utf8');
}
