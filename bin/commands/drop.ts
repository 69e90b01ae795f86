import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Copies files into the drop bucket. */
export const drop = command({
  name: 'drop',
  summary: 'looks at files and copies them into the drop bucket; goes on with a copy that was broken off',
  usage: [
    ['npx imagedrop drop FILE…', 'drops the files, under their names'],
    ['npx imagedrop drop FILE… --wait', 'and waits until each is an image, or has failed'],
    ['npx imagedrop drop FILE… --target NAME', 'to this target alone'],
  ],
  positionals: 'files',
  options: {
    wait: { type: 'boolean', help: 'follows the records until they are settled; the exit code says how that ended' },
    'timeout-seconds': { type: 'string', value: 'N', help: 'waits no longer than that (exit code 3)' },
    target: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      help: 'sends the files to this target alone; may be given again (default: all of them)',
    },
    key: { type: 'string', value: 'KEY', help: 'the whole key, of one file (default: its name)' },
    prefix: { type: 'string', value: 'FOLDER', help: 'puts the files below this folder of the bucket' },
    name: { type: 'string', value: 'NAME', help: 'the name of the image' },
    property: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      help: 'a property of the image; may be given again',
    },
    tag: { type: 'string', value: 'TAG', multiple: true, help: 'a tag of the image; may be given again' },
    'disk-format': {
      type: 'string',
      value: 'FORMAT',
      help: 'the file format; must agree with the content. `raw` accepts a file in which no disk is recognised',
    },
    'min-disk': { type: 'string', value: 'GIB', help: 'the smallest disk, in GiB, that the image may be put on' },
    'min-ram': { type: 'string', value: 'MIB', help: 'the least memory, in MiB, that it may be booted with' },
    visibility: { type: 'string', value: 'private|shared|community|public', help: 'who sees the image' },
    protected: { type: 'boolean', help: 'the image cannot be deleted until somebody takes that off' },
    hidden: { type: 'boolean', help: 'lists of images leave it out unless they are asked for it' },
    'os-version': { type: 'string', value: 'VERSION', help: "the OS version by Huawei Cloud IMS's list" },
    unchecked: { type: 'boolean', help: 'sends the files without a look at them; they are looked at on arrival' },
    ...STACK_OPTION,
    ...jsonOption('a list of what became of each file, with --wait its records too; docs/commands.md describes it'),
  },
  notes: [
    'A file that would be refused on arrival is not sent. Large files go in parts, several at a time, and S3 compares the SHA-256 of each. A copy that was broken off, by whatever, is gone on with by the same command: the parts that have arrived are compared with the file, and the rest is sent. S3 keeps them for a week.',
    'A packed file (.xz, .gz, .zst, .bz2, .zip, .tar.gz, .ova) is sent as it is. The stack unpacks it.',
    'Files that speak of images (KEY.yaml, imagedrop.yaml; docs/metadata.md) go first, and are not waited for.',
    'A file is compared with the checksum files beside it that name it (FILE.sha256, SHA256SUMS, CHECKSUM …). These are dropped with it. A file that does not agree is not sent.',
  ],
  examples: [
    'npx imagedrop drop ubuntu-24.04.qcow2',
    'npx imagedrop drop --wait --prefix linux *.qcow2',
    "npx imagedrop drop disk.img --disk-format raw --name 'Build 7' --property os_distro=debian",
    'npx imagedrop drop ubuntu-24.04.qcow2 --target mycloud --target huawei',
    'npx imagedrop drop ubuntu-24.04.qcow2 --stack ImageDrop --wait --timeout-seconds 3600 --json',
  ],
  exitCodes: {
    0: 'all files are dropped; with --wait: all of them are active images',
    1: 'any was refused or could not be sent; with --wait: any has failed or was superseded',
    2: 'wrong use',
    3: 'with --timeout-seconds: not settled in that time',
    130: 'interrupted; the same command goes on',
  },
  async run({ options, positionals }) {
    const [{ dropOptions }, { withTargets }, { dropFiles }, { withStack }, { targetsNamed }] = await Promise.all([
      import('../drop/options.ts'),
      import('../drop/user-metadata.ts'),
      import('../drop/drop-files.ts'),
      import('../stack/connection.ts'),
      import('../stack/targets.ts'),
    ]);
    const asked = dropOptions(options, positionals);
    const { stack: name, target: names = [] } = options;
    return withStack(name, (stack) => {
      const targets = targetsNamed(names, stack.targets);
      const metadata = names.length === 0 ? asked.metadata : withTargets(asked.metadata, targets);
      return dropFiles({ ...asked, metadata }, stack, targets);
    });
  },
});
