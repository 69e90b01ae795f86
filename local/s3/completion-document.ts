import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumElement } from './checksums.ts';
import { S3Error } from './errors.ts';
import { parseXml, type XmlNode } from './xml-parser.ts';

/** A part as the client that completes an upload names it. */
export interface ListedPart {
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: { readonly [algorithm in ChecksumAlgorithm]?: string | undefined };
}

/**
 * The document of CompleteMultipartUpload.
 * @throws MalformedXML, InvalidPartOrder
 */
export function readPartList(document: string): readonly ListedPart[] {
  const parts = parseXml(document, 'CompleteMultipartUpload').all('Part').map(readPart);
  if (parts.length === 0) throw new S3Error('MalformedXML', { message: 'You must specify at least one part' });
  const ordered = parts.every(({ partNumber }, index) => partNumber > (parts[index - 1]?.partNumber ?? 0));
  if (!ordered) throw new S3Error('InvalidPartOrder');
  return parts;
}

function readPart(node: XmlNode): ListedPart {
  const checksums = CHECKSUM_ALGORITHMS.map((algorithm) => [algorithm, node.textOf(checksumElement(algorithm))]);
  return {
    partNumber: Number(node.requiredTextOf('PartNumber')),
    etag: node.requiredTextOf('ETag').trim().replaceAll('"', ''),
    checksums: Object.fromEntries(checksums),
  };
}
