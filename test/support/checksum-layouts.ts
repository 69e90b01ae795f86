import { createHash } from 'node:crypto';

/** A checksum file as one publisher lays it out. */
export interface ChecksumLayout {
  readonly publisher: string;
  /** The name of an image of theirs. */
  readonly image: string;
  /** The name of the checksum file. */
  readonly name: string;
  readonly algorithm: 'sha256' | 'sha512';
  /** The file, for an image of these bytes. */
  readonly text: (bytes: Buffer) => string;
  /** How it is signed: what follows its name in that of the signature. Without an ending, the file itself is clearsigned. */
  readonly signature: { readonly form: 'armored' | 'binary' | 'clearsigned'; readonly ending?: string };
  /** What is signed, where it is not all of the file. */
  readonly list?: (bytes: Buffer) => string;
}

const hash = (algorithm: string, content: Buffer | string): string =>
  createHash(algorithm).update(content).digest('hex');

const gnu = (algorithm: string, image: string, bytes: Buffer, mark = ' '): string =>
  [
    `${hash(algorithm, 'one')} ${mark}one-other.img`,
    `${hash(algorithm, bytes)} ${mark}${image}`,
    `${hash(algorithm, 'two')} ${mark}two-others.img`,
    '',
  ].join('\n');

const bsd = (image: string, bytes: Buffer): string =>
  [
    `# ${image}: ${bytes.length} bytes`,
    `SHA256 (${image}) = ${hash('sha256', bytes)}`,
    '# other.qcow2: 5 bytes',
    `SHA256 (other.qcow2) = ${hash('sha256', 'other')}`,
    '',
  ].join('\n');

const clearsigned = (text: string): string =>
  [
    '-----BEGIN PGP SIGNED MESSAGE-----',
    'Hash: SHA256',
    '',
    `${text}-----BEGIN PGP SIGNATURE-----`,
    '',
    'iQIzBAEBCAAdFiEEFXD4HdvFqGTbTQrN8ZZhMwVoCmQFAmYAAAAACgkQ8ZZhMwVo',
    '=abcd',
    '-----END PGP SIGNATURE-----',
    '',
  ].join('\n');

const FLATCAR = 'flatcar_production_openstack_image.img.bz2';
const FREEBSD = 'FreeBSD-14.3-RELEASE-amd64-BASIC-CLOUDINIT-ufs.qcow2.xz';

const digests = (bytes: Buffer): string =>
  ['md5', 'sha1', 'sha512']
    .map((algorithm) => `# ${algorithm.toUpperCase()} HASH\n${hash(algorithm, bytes)}  ${FLATCAR}\n`)
    .join('');

export const LAYOUTS: readonly ChecksumLayout[] = [
  {
    publisher: 'Ubuntu',
    image: 'noble-server-cloudimg-amd64.img',
    name: 'SHA256SUMS',
    algorithm: 'sha256',
    signature: { form: 'armored', ending: '.gpg' },
    text: (bytes) => gnu('sha256', 'noble-server-cloudimg-amd64.img', bytes, '*'),
  },
  {
    publisher: 'Debian',
    image: 'debian-13-generic-amd64.qcow2',
    name: 'SHA512SUMS',
    algorithm: 'sha512',
    signature: { form: 'armored', ending: '.sign' },
    text: (bytes) => gnu('sha512', 'debian-13-generic-amd64.qcow2', bytes),
  },
  {
    publisher: 'Fedora',
    image: 'Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2',
    name: 'Fedora-Cloud-43-1.6-x86_64-CHECKSUM',
    algorithm: 'sha256',
    signature: { form: 'clearsigned' },
    list: (bytes) => bsd('Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2', bytes),
    text: (bytes) => clearsigned(bsd('Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2', bytes)),
  },
  {
    publisher: 'CentOS Stream',
    image: 'CentOS-Stream-GenericCloud-10-latest.x86_64.qcow2',
    name: 'CHECKSUM',
    algorithm: 'sha256',
    signature: { form: 'armored', ending: '.asc' },
    text: (bytes) => bsd('CentOS-Stream-GenericCloud-10-latest.x86_64.qcow2', bytes),
  },
  {
    publisher: 'Rocky',
    image: 'Rocky-10-GenericCloud-Base.latest.x86_64.qcow2',
    name: 'Rocky-10-GenericCloud-Base.latest.x86_64.qcow2.CHECKSUM',
    algorithm: 'sha256',
    signature: { form: 'binary', ending: '.sig' },
    text: (bytes) => bsd('Rocky-10-GenericCloud-Base.latest.x86_64.qcow2', bytes),
  },
  {
    publisher: 'openSUSE',
    image: 'openSUSE-Leap-15.6.x86_64-NoCloud.qcow2',
    name: 'openSUSE-Leap-15.6.x86_64-NoCloud.qcow2.sha256',
    algorithm: 'sha256',
    signature: { form: 'armored', ending: '.asc' },
    text: (bytes) => `${hash('sha256', bytes)}  openSUSE-Leap-15.6.x86_64-NoCloud.qcow2\n`,
  },
  {
    publisher: 'FreeBSD',
    image: FREEBSD,
    name: 'CHECKSUM.SHA256-FreeBSD-14.3-RELEASE-amd64',
    algorithm: 'sha256',
    signature: { form: 'armored', ending: '.asc' },
    text: (bytes) => `SHA256 (${FREEBSD}) = ${hash('sha256', bytes)}\nSHA256 (other.vhd.xz) = ${hash('sha256', 'o')}\n`,
  },
  {
    publisher: 'Flatcar',
    image: FLATCAR,
    name: `${FLATCAR}.DIGESTS`,
    algorithm: 'sha512',
    signature: { form: 'clearsigned', ending: '.asc' },
    text: digests,
  },
];
