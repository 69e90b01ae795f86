import { ImageDropError, messageOf } from '../model/errors.ts';

interface Fault {
  readonly problem: string;
  /** @default the error code's own: set cacert */
  readonly nextStep?: string;
}

const RENEW =
  'Have the certificate of the endpoint renewed, then drop the file again; `verify: false` of the cloud in clouds.yaml turns the check off, for impostors too.';
const OTHER_NAME =
  'Write a name that the certificate is for into auth_url or image_endpoint_override of the cloud in clouds.yaml, then drop the file again; `verify: false` turns the check off, for impostors too.';
const HANDSHAKE =
  'Check that what answers at the address in clouds.yaml speaks TLS; if it asks for a client certificate, set cert and key of the cloud.';

/**
 * What OpenSSL finds wrong with a server's certificate, as node:tls hands it on (Node.js documentation, "X509
 * certificate error codes"). A retry changes none.
 */
const FAULTS: Readonly<Record<string, Fault>> = {
  UNABLE_TO_GET_ISSUER_CERT: { problem: 'is signed by an authority that is not trusted' },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { problem: 'is signed by an authority that is not trusted' },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { problem: 'is signed by an authority that is not trusted' },
  SELF_SIGNED_CERT_IN_CHAIN: { problem: 'is signed by an authority that is not trusted' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { problem: 'is self-signed, and not trusted' },
  CERT_HAS_EXPIRED: { problem: 'has expired, or that of its authority has', nextStep: RENEW },
  CERT_NOT_YET_VALID: { problem: 'is not valid yet, or that of its authority is not', nextStep: RENEW },
  ERR_TLS_CERT_ALTNAME_INVALID: { problem: 'is for other hosts', nextStep: OTHER_NAME },
  HOSTNAME_MISMATCH: { problem: 'is for other hosts', nextStep: OTHER_NAME },
  CERT_REVOKED: { problem: 'is revoked', nextStep: RENEW },
  CERT_SIGNATURE_FAILURE: { problem: 'has a signature that is wrong: its authority is another of the same name' },
  CERT_CHAIN_TOO_LONG: { problem: 'has a chain that is too long', nextStep: RENEW },
  CERT_UNTRUSTED: { problem: 'is signed by an authority that is not trusted to' },
  CERT_REJECTED: { problem: 'is signed by an authority that is not trusted to' },
  INVALID_CA: { problem: 'is signed by a certificate that is not an authority', nextStep: RENEW },
  INVALID_PURPOSE: { problem: 'is not one of a server', nextStep: RENEW },
  PATH_LENGTH_EXCEEDED: { problem: 'has a longer chain than its authority allows', nextStep: RENEW },
};

/**
 * The error for a certificate that was not trusted, or for TLS that did not come about.
 * @param error what a connection failed with
 * @returns undefined when it failed for another reason
 */
export function tlsFault(host: string, error: unknown): ImageDropError | undefined {
  const { code = '', cert } = error as { code?: string; cert?: { subjectaltname?: string } };
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    const message = `TLS with ${host} did not come about (${handshakeProblem(error) ?? code}).`;
    return new ImageDropError('endpoint-unavailable', message, { cause: error, nextStep: HANDSHAKE });
  }
  const fault = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
  if (fault === undefined) return undefined;
  const { problem, nextStep } = fault;
  const message = `The certificate of ${host} ${problem} (${cert?.subjectaltname ?? code}).`;
  return new ImageDropError('untrusted-certificate', message, { cause: error, ...(nextStep && { nextStep }) });
}

/** OpenSSL's own text has addresses and source lines around it: "…:SSL routines:tls_get_more_records:wrong version number:…". */
function handshakeProblem(error: unknown): string | undefined {
  return /SSL routines:[^:]*:([^:]+)/.exec(messageOf(error))?.[1];
}

/** What the log and the terminal say of `verify: false`. */
export function uncheckedWarning(cloud: string): string {
  return `The certificates of ${cloud} are not checked (verify: false): anyone on the way can read and change everything.`;
}
