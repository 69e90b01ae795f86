import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { CloudTls } from './cloud.ts';
import type { YamlSection } from './yaml-document.ts';

/**
 * What a cloud says of certificates; as PEM text, for a function has no files.
 * @throws `bad-clouds-yaml`
 */
export function tlsOf(cloud: YamlSection): CloudTls {
  const cacert = certificates(cloud, 'cacert');
  return {
    verify: cloud.flag('verify', true) && !insecure(cloud),
    ...(cacert !== undefined && { cacert }),
    ...clientCertificate(cloud),
  };
}

/** The word of the openstack command for `verify: false`; unlike that it may be text, as openstacksdk reads it. */
function insecure(cloud: YamlSection): boolean {
  const value = cloud.value('insecure');
  return typeof value === 'string' && /^(true|false)$/i.test(value)
    ? value.toLowerCase() === 'true'
    : cloud.flag('insecure', false);
}

function clientCertificate(cloud: YamlSection): Pick<CloudTls, 'cert' | 'key'> {
  const cert = certificates(cloud, 'cert');
  if (cert === undefined) {
    if (cloud.text('key') !== undefined) throw cloud.bad('key', 'says nothing without cert');
    return {};
  }
  const setting = cloud.text('key') === undefined ? 'cert' : 'key';
  const key = cloud.text(setting) ?? '';
  if (!new X509Certificate(cert).checkPrivateKey(privateKey(cloud, setting, key))) {
    throw cloud.bad(setting, 'holds the private key of another certificate than cert');
  }
  return { cert, key };
}

function privateKey(cloud: YamlSection, setting: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The parser's own words may show the text.
    throw cloud.bad(setting, `must hold a private key as PEM text, without a passphrase${PATHS}`);
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

const PATHS = '; the path of a file is read by `npm start` only';

function certificates(cloud: YamlSection, name: string): string | undefined {
  const pem = cloud.text(name);
  if (pem === undefined) return undefined;
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) {
    throw cloud.bad(name, `must hold certificates as PEM text (-----BEGIN CERTIFICATE-----)${PATHS}`);
  }
  for (const [index, block] of blocks.entries()) {
    // TLS would ignore it silently, and then trust no server.
    if (!isCertificate(block)) throw cloud.bad(name, `holds a certificate that cannot be read: number ${index + 1}`);
  }
  return pem;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
