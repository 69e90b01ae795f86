const { default: Sequencer } = require('@jest/test-sequencer');

/** Files that take minutes, the longest first. Begun last, one of them would run alone. Without a cache jest goes by file size. */
const LONGEST = [
  'openstack/pipeline',
  'openstack/contract',
  'clients/s3-clients',
  'openstack/tls',
  'clients/qemu-img-variants',
  'docs/documented-commands',
  'pipeline/start',
  'protocol/protocol',
  'package/package',
  'clients/partition-tables',
  'chaos/sabotage',
  'heavy/dead-function',
  'heavy/staging',
  'ui/drops',
  'pipeline/packed',
  'heavy/load',
  'heavy/three-gib',
  'clients/documented-commands',
  'clients/packed-files',
  'ui/access',
  'clients/round-trips',
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const index = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return index < 0 ? LONGEST.length : index;
    };
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
};
