/**
 * Takes the place of the rules by which S3's client finds its endpoint in the bundles (lib/bundling/lean-modules.ts), and
 * is made of what these are made of. Of the 116 results of their decision diagram it knows those for a bucket by its name:
 * no ARN, no access point, no directory bucket, no acceleration, and a region that is one. A bucket of this stack is
 * nothing else, nor is one that staged images lie in.
 */
import { isVirtualHostableS3Bucket as isHost, partition } from '@aws-sdk/core/client';
import { EndpointError, isIpAddress, isValidHostLabel } from '@smithy/core/endpoints';
import { escaped } from './escaped.ts';

export interface EndpointParameters {
  readonly Bucket: string;
  readonly Region?: string;
  /** A server of its own, in place of AWS. */
  readonly Endpoint?: string;
  readonly ForcePathStyle?: boolean;
  readonly UseDualStack?: boolean;
  readonly UseFIPS?: boolean;
}

/** The name by which the SDK's client imports it. @throws EndpointError as the SDK's own rules do */
export function defaultEndpointResolver(parameters: EndpointParameters) {
  const { Region: region, Endpoint: endpoint } = parameters;
  if (region === undefined) throw new EndpointError('A region must be set when sending requests to S3.');
  const url = endpoint === undefined ? urlAtAws(parameters, region) : urlAt(endpoint, parameters, region);
  const scheme = { name: 'sigv4', signingName: 's3', signingRegion: region, disableDoubleEncoding: true };
  return { url: new URL(url), properties: { authSchemes: [scheme] }, headers: {} };
}

/** Amazon S3 user guide, "Virtual hosting of general purpose buckets": no certificate is for a name with dots. */
function urlAtAws({ Bucket, ForcePathStyle, UseDualStack, UseFIPS }: EndpointParameters, region: string): string {
  const { name, dnsSuffix } = partition(region);
  if (UseFIPS && name === 'aws-cn') throw new EndpointError('Partition does not support FIPS');
  const host = `s3${UseFIPS ? '-fips' : ''}${UseDualStack ? '.dualstack' : ''}.${region}.${dnsSuffix}`;
  if (ForcePathStyle || !isHost(Bucket, false)) return `https://${host}/${escaped(Bucket)}`;
  checkLabel(region);
  return `https://${Bucket}.${host}`;
}

function urlAt(endpoint: string, parameters: EndpointParameters, region: string): string {
  const { Bucket, ForcePathStyle, UseDualStack, UseFIPS } = parameters;
  if (UseDualStack) throw new EndpointError('Cannot set dual-stack in combination with a custom endpoint.');
  if (UseFIPS) throw new EndpointError('A custom endpoint cannot be combined with FIPS');
  const { protocol, host, hostname, pathname } = parsed(endpoint);
  if (ForcePathStyle || isIpAddress(hostname) || !isHost(Bucket, protocol === 'http:')) {
    return `${protocol}//${host}${pathname.replace(/\/?$/, '/')}${escaped(Bucket)}`;
  }
  checkLabel(region);
  return `${protocol}//${Bucket}.${host}${pathname}`;
}

function parsed(endpoint: string): URL {
  const url = URL.parse(endpoint);
  if (url?.search === '' && /^https?:$/.test(url.protocol)) return url;
  throw new EndpointError(`Custom endpoint \`${endpoint}\` was not a valid URI`);
}

function checkLabel(region: string): void {
  if (!isValidHostLabel(region)) throw new EndpointError('Invalid region: region was not a valid DNS name.');
}
