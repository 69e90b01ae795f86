import { command } from '../terminal/command.ts';
import { jsonOption } from '../terminal/options.ts';

/** Runs the whole stack on this machine. */
export const start = command({
  name: 'start',
  summary: 'runs the whole stack on this machine; with files, drops them and waits until they are images',
  usage: [
    ['npm start -- FILE…', 'drops the files, shows their progress, ends with a table'],
    ['npm start', 'runs until Ctrl-C; drop with `npx imagedrop drop` or any S3 client'],
  ],
  positionals: 'files',
  options: {
    'os-cloud': {
      type: 'string',
      value: 'NAME',
      help: 'sends to this cloud of your clouds.yaml (docs/clouds-yaml.md). Without it drops go to the simulator, even with OS_CLOUD',
    },
    kind: { type: 'string', value: 'glance|ims', help: 'the kind of image endpoint (default: glance)' },
    ...jsonOption('prints the records as JSON instead of progress and table'),
  },
  notes: ['State is in .imagedrop/ and survives a restart: an unfinished drop continues.'],
  examples: [
    'npm start -- ubuntu-24.04.qcow2',
    'npm start -- --os-cloud mycloud ubuntu-24.04.qcow2',
    'npx imagedrop start --kind ims',
  ],
  exitCodes: {
    0: 'all images are active; without files: ended by Ctrl-C',
    1: 'any failed',
    2: 'wrong use',
    130: 'interrupted; `npm start` resumes the drops',
  },
  async run({ options, positionals }) {
    const [{ startOptions }, { startHere }] = await Promise.all([
      import('../start/options.ts'),
      import('../start/start-here.ts'),
    ]);
    return startHere(startOptions(options, positionals));
  },
});
