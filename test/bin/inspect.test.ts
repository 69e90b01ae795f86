import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InspectDocument } from '../../bin/inspect/document.ts';
import { openSource } from '../../bin/inspect/source.ts';
import { verdictsBySettings } from '../../bin/inspect/targets.ts';
import { resolveTargets } from '../../lib/settings/targets.ts';
import { type Simulator, startSimulator } from '../../local/simulator/simulator.ts';
import { type LocalS3, OPERATOR, PLAIN, startLocalS3 } from '../local/s3/support/local-s3.ts';
import { gptDisk } from '../support/images/gpt.ts';
import { SAMPLES } from '../support/images/samples.ts';
import { innerDisk } from '../support/packed/disk.ts';
import { FIXTURES } from '../support/packed/fixtures.ts';
import { tarOf, zipOf } from '../support/packed/packed-files.ts';

const IMAGEDROP = join(import.meta.dirname, '../../bin/imagedrop.js');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'imagedrop-inspect-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function inspect(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { INIT_CWD: _, OS_CLIENT_CONFIG_FILE: __, ...environment } = process.env;
  const options = { cwd: folder, env: { ...environment, ...env } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [IMAGEDROP, 'inspect', ...args], options, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

async function document(...args: string[]): Promise<InspectDocument> {
  return JSON.parse((await inspect(['--json', ...args])).out);
}

async function file(name: string, bytes: Buffer): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return name;
}

const OVF = { name: 'box.ovf', bytes: Buffer.from('<Envelope/>') };

const sample = (format: string): Buffer => SAMPLES.find((each) => each.format === format)?.bytes ?? Buffer.alloc(0);

describe('imagedrop inspect', () => {
  test('says of a safe file what it is, each check, and who takes it', async () => {
    const { code, out } = await inspect(['--checks', await file('a.qcow2', sample('qcow2'))]);
    expect(code).toBe(0);
    expect(out).toMatch(/^a\.qcow2: safe\n {2}format {6}qcow2 v\d\n {2}file .+\n {2}disk .+ \(\d+ bytes\)$/m);
    expect(out).toMatch(/^ {2}passed {3}backing file \(u64@8, CVE-2015-5163\)$/m);
    expect(out).toMatch(/^ {2}mycloud \(glance\): taken as qcow2, by stream\. .+\.$/m);
    expect(out).toMatch(/^ {2}any-ims \(ims\): taken as qcow2, by stream\. .+\.$/m);
  });

  test('says of a refused file why, and what to do', async () => {
    const qcow2 = Buffer.from(sample('qcow2'));
    qcow2.writeBigUInt64BE(1024n, 8);
    const { code, out } = await inspect([await file('b.qcow2', qcow2)]);
    expect(code).toBe(1);
    expect(out).toMatch(/^b\.qcow2: refused \(backing-file\)\n {2}format {6}qcow2\n {2}file /m);
    expect(out).toMatch(/^ {2}why .+ \(CVE-2015-5163\)\.\n {2}next .+\.$/m);
    expect(out).toMatch(/^ {2}refused {2}backing file \(u64@8, CVE-2015-5163\): .+\.$/m);
    expect(out).not.toContain('targets');
  });

  test('prints the same as one JSON document', async () => {
    expect(await document(await file('a.qcow2', sample('qcow2')))).toMatchObject({
      source: 'a.qcow2',
      verdict: 'accept',
      format: 'qcow2',
      virtualSize: expect.any(Number),
      checks: expect.arrayContaining([
        { code: 'backing-file', title: 'backing file', at: 'u64@8', cve: 'CVE-2015-5163', outcome: 'passed' },
      ]),
      targets: [
        { name: 'mycloud', kind: 'glance', taken: true, diskFormat: 'qcow2', route: 'stream' },
        { name: 'any-ims', kind: 'ims', taken: true, diskFormat: 'qcow2', route: 'stream' },
      ],
    });
  });

  test('names the format of a refused file in the document, where it is known', async () => {
    const cut = await document(await file('cut.vdi', sample('vdi').subarray(0, 2000)));
    expect(cut).toMatchObject({ verdict: 'refuse', format: 'vdi', code: 'truncated', targets: [] });
    expect(await document(await file('words', Buffer.from('Just words.\n')))).not.toHaveProperty('format');
  });

  test('shows the partition table of the disk', async () => {
    const { partitionTable } = await document(await file('gpt.img', gptDisk(4 * 2 ** 20)));
    expect(partitionTable).toMatchObject({ scheme: 'gpt', sectorBytes: 512, partitions: expect.any(Array) });
    expect((await inspect(['gpt.img'])).out).toMatch(
      /^ {2}partitions {2}GPT, \d+ partitions? up to .+, sectors of 512 bytes/m,
    );
  });

  test('says of a target why it does not take a safe file', async () => {
    const { verdict, targets } = await document(await file('old.qed', sample('qed')));
    expect(verdict).toBe('accept');
    expect(targets).toMatchObject([
      { name: 'mycloud', taken: false, code: 'format-not-taken', nextStep: expect.stringContaining('qemu-img') },
      { name: 'any-ims', taken: true, diskFormat: 'vhd' },
    ]);
    expect((await inspect(['old.qed'])).out).toMatch(
      /mycloud \(glance\): not taken \(format-not-taken\)\. .+\n {4}next {2}.+\./,
    );
  });

  test('takes the word of the user for what bears no sign', async () => {
    const name = await file('bytes', Buffer.alloc(2048, 0xa7));
    expect((await inspect([name])).code).toBe(1);
    const { verdict, warnings } = await document('--disk-format', 'raw', name);
    expect(verdict).toBe('accept');
    expect(warnings).toEqual([expect.stringContaining('this image will probably not boot')]);
  });

  test.each([
    [[], 'Name one file, or one object as s3://bucket/key.'],
    [['a', 'b'], 'Name one file'],
    [['missing.img'], 'There is no file missing.img.'],
    [['.'], '. is not a file.'],
    [['s3://bucket'], 's3://bucket names no object'],
    [['--kind', 'nova', 'a.qcow2'], '--kind is one of glance, ims, not nova.'],
    [['--what', 'a.qcow2'], "Unknown option '--what'"],
  ])('is used wrongly with %j', async (args, words) => {
    const { code, err } = await inspect(args);
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  test('explains itself', async () => {
    expect(await inspect(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Examples:') });
  });
});

describe('imagedrop inspect of a packed file', () => {
  const qcow2 = sample('qcow2');

  const NAMED_A = expect.arrayContaining([{ name: 'name', value: 'a', origin: 'found' }]);

  test.each([
    ['a.qcow2.gz', gzipSync(qcow2), { format: 'gz' }],
    ['a.qcow2.zst', zstdCompressSync(qcow2), { format: 'zst' }],
    ['a.zip', zipOf([{ name: 'a.qcow2', bytes: qcow2 }]), { format: 'zip', member: 'a.qcow2' }],
    ['a.tar.gz', gzipSync(tarOf([{ name: 'a.qcow2', bytes: qcow2 }])), { format: 'tar.gz', member: 'a.qcow2' }],
    ['a.ova', tarOf([OVF, { name: 'a.qcow2', bytes: qcow2 }]), { format: 'tar', member: 'a.qcow2' }],
  ])('judges the disk image inside %s', async (name, bytes, packed) => {
    expect(await document(await file(name, bytes))).toMatchObject({
      source: name,
      size: bytes.length,
      verdict: 'accept',
      packed: { ...packed, unpackedBytes: qcow2.length },
      format: 'qcow2',
      targets: [{ taken: true, diskFormat: 'qcow2', metadata: NAMED_A }, { taken: true }],
    });
  });

  test('takes name and memory from the OVF in an OVA', async () => {
    const item =
      '<Item><ResourceType>4</ResourceType><VirtualQuantity>2</VirtualQuantity><AllocationUnits>GB</AllocationUnits></Item>';
    const machine = `<VirtualSystem><Name>Debian box</Name><VirtualHardwareSection>${item}</VirtualHardwareSection></VirtualSystem>`;
    const ovf = { name: 'a.ovf', bytes: Buffer.from(`<Envelope>${machine}</Envelope>`) };
    const { targets } = await document(await file('named.ova', tarOf([ovf, { name: 'a.qcow2', bytes: qcow2 }])));
    expect(targets[0]).toMatchObject({
      metadata: expect.arrayContaining([
        { name: 'name', value: 'Debian box', origin: 'found' },
        { name: 'min_ram', value: 2048, origin: 'found' },
      ]),
    });
  });

  test.each([
    ['b.img.xz', FIXTURES.xzSha256],
    ['b.img.bz2', FIXTURES.bzip2],
  ])('judges the raw disk inside %s', async (name, bytes) => {
    const { verdict, format, virtualSize } = await document(await file(name, bytes));
    expect({ verdict, format, virtualSize }).toEqual({
      verdict: 'accept',
      format: 'raw',
      virtualSize: innerDisk().length,
    });
  });

  test('shows how it is packed, and that it unpacks', async () => {
    const { code, out, err } = await inspect(['--checks', await file('c.img.xz', FIXTURES.xz)]);
    expect(code).toBe(0);
    expect(err).toContain('c.img.xz  unpacking 1.4 KiB');
    expect(out).toMatch(/^c\.img\.xz: safe\n {2}format {6}raw\n {2}file {8}1\.4 KiB \(1468 bytes\)$/m);
    expect(out).toMatch(/^ {2}packed {6}xz, 256 KiB \(262144 bytes\) inside$/m);
    expect(out).toMatch(/^ {2}passed {3}unpacks to one disk image$/m);
    expect(out).not.toMatch(/^ {2}next /m);
  });

  test('compares the disk in an OVA with its manifest', async () => {
    const digest = createHash('sha256').update(qcow2).digest('hex');
    const ova = (value: string) =>
      tarOf([
        OVF,
        { name: 'a.qcow2', bytes: qcow2 },
        { name: 'a.mf', bytes: Buffer.from(`SHA256(a.qcow2)= ${value}`) },
      ]);
    const { out, err } = await inspect([await file('right.ova', ova(digest))]);
    expect(out).toMatch(/^ {2}packed {6}tar, a\.qcow2 inside with .*; its sha256 agrees with a\.mf$/m);
    expect(err).toContain('right.ova  reading');
    const refused = await document(await file('wrong.ova', ova('0'.repeat(64))));
    expect(refused).toMatchObject({ verdict: 'refuse', code: 'manifest-mismatch' });
  });

  test('refuses an unsafe image inside like one outside', async () => {
    const unsafe = Buffer.from(qcow2);
    unsafe.writeBigUInt64BE(1024n, 8);
    const { code, out } = await inspect([await file('unsafe.qcow2.gz', gzipSync(unsafe))]);
    expect(code).toBe(1);
    expect(out).toMatch(/^unsafe\.qcow2\.gz: refused \(backing-file\)$/m);
  });

  test.each([
    ['cut.xz', FIXTURES.xz.subarray(0, 1000), 'truncated'],
    ['garbage.gz', Buffer.concat([gzipSync(qcow2), Buffer.from('garbage')]), 'trailing-bytes'],
    ['two.zip', zipOf(['a.img', 'b.img'].map((name) => ({ name, bytes: qcow2 }))), 'several-images'],
    ['twice.gz.gz', gzipSync(gzipSync(qcow2)), 'packed-twice'],
    ['words.tar.gz', gzipSync(tarOf([OVF])), 'no-image-inside'],
  ])('refuses %s with its code', async (name, bytes, code) => {
    const refused = await document(await file(name, bytes));
    expect(refused).toMatchObject({ verdict: 'refuse', code, targets: [], checks: [{ code, outcome: 'refused' }] });
    expect(refused).not.toHaveProperty('packed');
  });
});

describe('imagedrop inspect of the metadata around a file', () => {
  let tree: string;
  beforeAll(async () => {
    tree = join(folder, 'tree');
    await mkdir(join(tree, 'linux/lts'), { recursive: true });
    const files = {
      'imagedrop.yaml': 'min_ram: 1\nvisibility: private\n',
      'linux/imagedrop.yaml': 'min_ram: 2\n',
      'linux/lts/a.qcow2.yaml': 'name: A\nproperties: {os_distro: debian}\ntags: ["=lts"]\n',
      'linux/bad.qcow2.yaml': 'name: B\nprotected: maybe\n',
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(tree, name), text);
    for (const name of ['linux/lts/a.qcow2', 'linux/bad.qcow2']) await writeFile(join(tree, name), sample('qcow2'));
  });

  const valuesAt = ({ targets }: InspectDocument) => {
    const [first] = targets;
    if (first?.taken !== true) throw new Error('The first target does not take it.');
    return Object.fromEntries(first.metadata.map(({ name, value, origin }) => [name, [value, origin]]));
  };

  test('shows each value that would be sent, and where it comes from', async () => {
    const { out, code } = await inspect(['--json', 'linux/lts/a.qcow2'], { INIT_CWD: tree });
    expect(code).toBe(0);
    const found: InspectDocument = JSON.parse(out);
    expect(found.metadataFiles).toEqual(['imagedrop.yaml', 'linux/imagedrop.yaml', 'linux/lts/a.qcow2.yaml']);
    expect(valuesAt(found)).toMatchObject({
      name: ['A', 'linux/lts/a.qcow2.yaml:1:1'],
      min_ram: [2, 'linux/imagedrop.yaml:1:1'],
      visibility: ['private', 'imagedrop.yaml:2:1'],
      min_disk: [expect.any(Number), 'found'],
      protected: [false, 'default'],
      tags: [['=lts'], 'linux/lts/a.qcow2.yaml:3:1'],
      'properties.os_distro': ['debian', 'linux/lts/a.qcow2.yaml:2:14'],
    });
    expect(Object.keys(valuesAt(found)).filter((name) => /^id$|imagedrop/.test(name))).toEqual([]);
    const [, ims] = found.targets;
    expect(ims).toMatchObject({ name: 'any-ims', taken: false, code: 'invalid-request' });
  });

  test('looks no higher than the folder of the user, and for a file elsewhere only beside it', async () => {
    const inside = await inspect(['--json', 'lts/a.qcow2'], { INIT_CWD: join(tree, 'linux') });
    expect(JSON.parse(inside.out).metadataFiles).toEqual(['imagedrop.yaml', 'lts/a.qcow2.yaml']);
    const elsewhere = await inspect(['--json', '../tree/linux/lts/a.qcow2'], { INIT_CWD: join(tree, '../cloud') });
    expect(JSON.parse(elsewhere.out).metadataFiles).toEqual([join(tree, 'linux/lts/a.qcow2.yaml')]);
  });

  test('refuses bad ones with the place, as the drop would fail', async () => {
    const { code, out } = await inspect(['--checks', 'linux/bad.qcow2'], { INIT_CWD: tree });
    expect(code).toBe(1);
    expect(out).toContain('linux/bad.qcow2: refused (bad-metadata)');
    expect(out).toContain('linux/bad.qcow2.yaml, line 2, column 12: protected must be true or false, but is "maybe".');
    expect(out).toMatch(/^ {2}passed {3}backing file/m);
  });

  test('refuses one that is too large', async () => {
    await writeFile(join(tree, 'linux/large.img.yaml'), `# ${'x'.repeat(70_000)}`);
    await writeFile(join(tree, 'linux/large.img'), gptDisk(4 * 2 ** 20));
    const { out } = await inspect(['linux/large.img'], { INIT_CWD: tree });
    expect(out).toContain('linux/large.img.yaml: it has 70002 bytes, and 65536 is the most that is read.');
  });
});

describe('imagedrop inspect of an object', () => {
  let local: LocalS3;
  beforeAll(async () => {
    local = await startLocalS3();
  });
  afterAll(() => local.stop());

  const environment = () => ({
    AWS_ENDPOINT_URL: local.server.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: OPERATOR.accessKeyId,
    AWS_SECRET_ACCESS_KEY: OPERATOR.secretAccessKey,
  });

  test('reads it in place, and its metadata', async () => {
    const Metadata = { 'disk-format': 'raw' };
    await local.s3.send(
      new PutObjectCommand({ Bucket: PLAIN, Key: 'a b/bytes', Body: Buffer.alloc(2048, 7), Metadata }),
    );
    const { code, out } = await inspect(['--json', `s3://${PLAIN}/a b/bytes`], environment());
    expect(JSON.parse(out)).toMatchObject({ verdict: 'accept', format: 'raw', size: 2048 });
    expect(code).toBe(0);
  });

  test('counts the metadata files of its bucket and its user metadata', async () => {
    const put = (Key: string, Body: Buffer | string, Metadata = {}) =>
      local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body, Metadata }));
    await put('imagedrop.yaml', 'min_ram: 7\ntags: [all]\n');
    await put('said/a.img.yaml', 'name: MetadataSources\n');
    await put('said/a.img', gptDisk(4 * 2 ** 20), { 'min-ram': '9' });
    const { out } = await inspect([`s3://${PLAIN}/said/a.img`], environment());
    expect(out).toMatch(/^ {4}name +MetadataSources +said\/a\.img\.yaml:1:1$/m);
    expect(out).toMatch(/^ {4}min_ram +9 +x-amz-meta-min-ram$/m);
    expect(out).toMatch(/^ {4}tags +all +imagedrop\.yaml:2:1$/m);
  });

  test('unpacks one that is packed', async () => {
    await local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'packed/b.img.xz', Body: FIXTURES.xzBlocks }));
    const { code, out } = await inspect(['--json', `s3://${PLAIN}/packed/b.img.xz`], environment());
    expect(JSON.parse(out)).toMatchObject({ verdict: 'accept', format: 'raw', packed: { format: 'xz' } });
    expect(code).toBe(0);
  });

  test('says which targets it names, and that it is not sent to others', async () => {
    const put = (Key: string, targets: string) =>
      local.s3.send(new PutObjectCommand({ Bucket: PLAIN, Key, Body: gptDisk(4 * 2 ** 20), Metadata: { targets } }));
    await put('chosen/a.img', 'elsewhere, other');
    const { code, out } = await inspect([`s3://${PLAIN}/chosen/a.img`], environment());
    expect(out).toMatch(/^ {2}goes to {5}elsewhere, other alone$/m);
    expect(out).toMatch(
      /^ {2}mycloud \(glance\): not sent there\. x-amz-meta-targets names elsewhere, other alone\.$/m,
    );
    expect(out).not.toContain('any-ims');
    expect(code).toBe(0);
    await put('chosen/b.img', 'mycloud');
    const { out: json } = await inspect(['--json', `s3://${PLAIN}/chosen/b.img`], environment());
    const taken = { name: 'mycloud', taken: true };
    expect(JSON.parse(json)).toMatchObject({ chosenTargets: ['mycloud'], targets: [taken] });
    await put('chosen/c.img', 'mycloud,mycloud');
    const refused = await inspect(['--json', `s3://${PLAIN}/chosen/c.img`], environment());
    expect(JSON.parse(refused.out)).toMatchObject({
      code: 'bad-metadata',
      message: 'x-amz-meta-targets names "mycloud" twice.',
    });
    expect(refused.code).toBe(1);
  });

  test('says where there is none, or no right to read it', async () => {
    const missing = await inspect([`s3://${PLAIN}/missing`], environment());
    expect(missing).toMatchObject({
      code: 2,
      err: expect.stringContaining(`There is no object s3://${PLAIN}/missing.`),
    });
    const wrongKey = { ...environment(), AWS_SECRET_ACCESS_KEY: 'wrong' };
    const forbidden = await inspect([`s3://${PLAIN}/missing`], wrongKey);
    expect(forbidden).toMatchObject({ code: 2, err: expect.stringContaining('status 403') });
  });
});

describe('imagedrop inspect by the settings of a stack', () => {
  const staging = { bucket: PLAIN, endpoint: 'http://127.0.0.1:9' };
  const HUGE = 130e9;

  async function verdictsOf(size: number, targets: object, options: { name?: string; beside?: string[] } = {}) {
    const { name = 'disk.raw', beside = [] } = options;
    const cdkJson = join(folder, 'cdk.json');
    await writeFile(cdkJson, JSON.stringify({ context: { targets } }));
    const place = () => ({ key: name, isStaging: false, has: async (key: string) => beside.includes(key) });
    return verdictsBySettings(
      { format: 'raw', virtualSize: size },
      { key: name, reader: { size }, place, said: { files: [], userMetadata: {} } },
      { cdkJson },
    );
  }

  test('shows the route that would be taken, and why', async () => {
    const targets = { mine: { kind: 'glance' }, huawei: { kind: 'ims', staging } };
    expect(await verdictsOf(3e9, targets)).toMatchObject([
      { name: 'mine', taken: true, route: 'stream', reason: expect.stringContaining('can be streamed') },
      { name: 'huawei', taken: true, route: 'register', reason: expect.stringContaining(`its copy in ${PLAIN}`) },
    ]);
  });

  test('says what is missing for another route', async () => {
    expect(await verdictsOf(3e9, { huawei: { kind: 'ims' }, mine: { kind: 'glance' } })).toMatchObject([
      { name: 'huawei', taken: false, code: 'too-large', nextStep: expect.stringContaining('targets.huawei.staging') },
      { name: 'mine', taken: true },
    ]);
  });

  test('looks for the bitmap file beside a raw image that is to be imported fast', async () => {
    const targets = { huawei: { kind: 'ims', staging } };
    expect((await verdictsOf(HUGE, targets))[0]).toMatchObject({ taken: false, code: 'too-large' });
    expect((await verdictsOf(HUGE, targets, { beside: ['disk.mf'] }))[0]).toMatchObject({ route: 'fast-import' });
  });

  test('finds that file beside a local one, and tells whether an object is where the service reads', async () => {
    const [target] = resolveTargets({ huawei: { kind: 'ims', staging } });
    if (target === undefined) throw new Error('The target is missing.');
    const name = join(folder, await file('beside.raw', gptDisk(4 * 2 ** 20)));
    const source = await openSource(name);
    const place = source.place(target);
    expect(place).toMatchObject({ key: 'beside.raw', isStaging: false });
    expect(await place.has('beside.mf')).toBe(false);
    await file('beside.mf', Buffer.from('a bitmap'));
    expect(await place.has('beside.mf')).toBe(true);
    await source.close();
  });
});

describe('imagedrop inspect for a cloud', () => {
  let cloud: Simulator;
  beforeAll(async () => {
    cloud = await startSimulator({ folder: join(folder, 'cloud'), glance: { diskFormats: ['raw', 'vmdk'] } });
    await writeFile(join(folder, 'clouds.yaml'), cloud.cloudsYaml());
  });
  afterAll(() => cloud.close());

  test('asks it what it takes', async () => {
    const { targets } = await document('--os-cloud', 'simulator', await file('a.qcow2', sample('qcow2')));
    expect(targets).toMatchObject([{ name: 'simulator', taken: false, code: 'format-not-taken' }]);
    const { targets: taken } = await document('--os-cloud', 'simulator', await file('a.vmdk', sample('vmdk')));
    expect(taken).toMatchObject([{ name: 'simulator', taken: true, diskFormat: 'vmdk', route: 'stream' }]);
  });

  test('is used wrongly with a cloud that is not there', async () => {
    expect(await inspect(['--os-cloud', 'nowhere', await file('a.qcow2', sample('qcow2'))])).toMatchObject({ code: 2 });
  });
});

test('docs/inspect.md names every field of the document', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/inspect.md'), 'utf8');
  const documents = await Promise.all([
    document(await file('gpt.img', gptDisk(4 * 2 ** 20))),
    document(await file('text', Buffer.from('Just words.\n'))),
    document('--disk-format', 'raw', await file('bytes', Buffer.alloc(2048, 0xa7))),
  ]);
  const fields = documents
    .flatMap((each) => [each, ...each.checks, ...each.targets])
    .flatMap((each) => Object.keys(each));
  for (const field of new Set(fields)) expect(page).toMatch(new RegExp(`\`${field}(\\[\\])?\``));
});
