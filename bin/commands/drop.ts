import { command } from '../terminal/command.ts';
import { jsonOption, STACK_OPTION } from '../terminal/options.ts';

/** Copies files into the drop bucket. */
export const drop = command({
  name: 'drop',
  summary: 'checks files and copies them into the drop bucket; resumes an interrupted copy',
  usage: [
    ['npx imagedrop drop FILE…', 'drops the files under their names'],
    ['npx imagedrop drop FOLDER', 'drops all files in the folder; keys keep its structure'],
    ['npx imagedrop drop https://…', 'downloads a file and the checksum file beside it, then drops it'],
    ['… | npx imagedrop drop - --key KEY', 'drops what another program writes'],
    ['npx imagedrop drop FILE… --wait', 'and waits until each is an image or has failed'],
  ],
  positionals: 'files',
  options: {
    wait: { type: 'boolean', help: 'follows the records until they are settled' },
    'timeout-seconds': { type: 'string', value: 'N', help: 'waits at most N seconds (then exit code 3)' },
    target: {
      type: 'string',
      value: 'NAME',
      multiple: true,
      help: 'sends the files only to this target; repeatable (default: all)',
    },
    key: { type: 'string', value: 'KEY', help: 'the whole key of one file (default: its name)' },
    prefix: { type: 'string', value: 'FOLDER', help: 'a folder of the bucket for the files' },
    name: { type: 'string', value: 'NAME', help: 'the name of the image' },
    property: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      help: 'a property of the image; repeatable',
    },
    tag: { type: 'string', value: 'TAG', multiple: true, help: 'a tag of the image; repeatable' },
    'disk-format': {
      type: 'string',
      value: 'FORMAT',
      help: 'the format, which must match the content; `raw` accepts a file without a recognised disk signature',
    },
    'min-disk': { type: 'string', value: 'GIB', help: 'the smallest disk for the image, in GiB' },
    'min-ram': { type: 'string', value: 'MIB', help: 'the least memory for the image, in MiB' },
    visibility: { type: 'string', value: 'private|shared|community|public', help: 'who sees the image' },
    protected: { type: 'boolean', help: 'prevents deletion of the image' },
    hidden: { type: 'boolean', help: 'hides the image from lists' },
    'os-version': { type: 'string', value: 'VERSION', help: "the OS version from Huawei Cloud IMS's list" },
    again: { type: 'boolean', help: 'creates a new image, even if these bytes with this key already have one' },
    unchecked: { type: 'boolean', help: 'does not check the files first; they are checked on arrival' },
    ...STACK_OPTION,
    ...jsonOption('the result of each file, with --wait its records too (docs/commands.md)'),
  },
  notes: [
    'A file that would be rejected on arrival is not sent; nor is one that differs from the checksum files beside it (FILE.sha256, SHA256SUMS, CHECKSUM …). These files and their signatures are sent with it.',
    'A URL or the standard input is stored in a temporary file (TMPDIR) first.',
    'A packed file is sent as it is. Metadata files (docs/metadata.md) are sent first.',
  ],
  examples: [
    'npx imagedrop drop ubuntu-24.04.qcow2',
    'npx imagedrop drop --wait --prefix linux *.qcow2',
    "npx imagedrop drop disk.img --disk-format raw --name 'Build 7' --property os_distro=debian",
    'npx imagedrop drop ubuntu-24.04.qcow2 --stack ImageDrop --wait --timeout-seconds 3600 --json',
  ],
  exitCodes: {
    0: 'all files are dropped; with --wait: all are active images',
    1: 'any file was rejected or not sent; with --wait: any drop failed or was superseded',
    2: 'wrong use',
    3: 'with --timeout-seconds: not settled in that time',
    130: 'interrupted',
  },
  async run({ options, positionals }) {
    const [{ isStream, takeFiles }, { dropOptions }, { withTargets }] = await Promise.all([
      import('../drop/take-files.ts'),
      import('../drop/options.ts'),
      import('../drop/user-metadata.ts'),
    ]);
    const [{ dropFiles }, { withStack }, { targetsNamed }, { INTERRUPTED, interrupted }] = await Promise.all([
      import('../drop/drop-files.ts'),
      import('../stack/connection.ts'),
      import('../stack/targets.ts'),
      import('../terminal/exit-codes.ts'),
    ]);
    const { stack: name, target: names = [] } = options;
    // Nothing is downloaded for a stack or a target that does not exist.
    if (positionals.some(isStream)) await withStack(name, async (stack) => targetsNamed(names, stack.targets));
    const stop = interrupted();
    const taken = await takeFiles(positionals, options.key, stop).catch((error) => {
      if (stop.aborted) return undefined;
      throw error;
    });
    if (taken === undefined) return INTERRUPTED;
    const { files, remove } = taken;
    try {
      const asked = dropOptions(options, files);
      return await withStack(name, (stack) => {
        const targets = targetsNamed(names, stack.targets);
        const metadata = names.length === 0 ? asked.metadata : withTargets(asked.metadata, targets);
        return dropFiles({ ...asked, metadata }, stack, targets, stop);
      });
    } finally {
      await remove();
    }
  },
});
