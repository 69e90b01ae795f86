import { command } from '../terminal/command.ts';
import { jsonOption } from '../terminal/options.ts';

/** Says what a file is, every check with its outcome, and which targets would take it. */
export const inspect = command({
  name: 'inspect',
  summary: 'checks a disk image without sending it: format, safety, and the targets that accept it',
  usage: [
    ['npx imagedrop inspect FILE', 'a file of this machine'],
    [
      'npx imagedrop inspect s3://BUCKET/KEY',
      'an object of the stack in this folder, or with the AWS credentials of the environment',
    ],
  ],
  positionals: 'files',
  options: {
    'disk-format': {
      type: 'string',
      value: 'FORMAT',
      help: 'the format, as in the user metadata disk-format; `raw` accepts a file without a recognised disk signature',
    },
    'os-cloud': {
      type: 'string',
      value: 'NAME',
      help: 'asks this cloud of your clouds.yaml, instead of the targets of the running stack or of cdk.json',
    },
    kind: { type: 'string', value: 'glance|ims', help: 'the kind of that cloud (default: glance)' },
    checks: { type: 'boolean', help: 'lists all checks, also those that passed' },
    ...jsonOption('one JSON document (docs/inspect.md)'),
  },
  examples: [
    'npx imagedrop inspect ubuntu-24.04.qcow2',
    'npx imagedrop inspect --json disk.vmdk | jq .verdict',
    'npx imagedrop inspect --os-cloud mycloud s3://drops/ubuntu-24.04.qcow2',
  ],
  exitCodes: { 0: 'safe', 1: 'rejected', 2: 'wrong use or unreadable file' },
  async run({ options, positionals }) {
    const [{ inspectOptions }, { inspectSource }] = await Promise.all([
      import('../inspect/options.ts'),
      import('../inspect/inspect-source.ts'),
    ]);
    return inspectSource(inspectOptions(options, positionals));
  },
});
