export const HELP = `imagedrop inspect: says what a disk image is, whether it is safe, and which targets would take it. Sends nothing.

Usage:
  npx imagedrop inspect FILE
  npx imagedrop inspect s3://BUCKET/KEY         with the AWS credentials of the environment

Options:
  --disk-format FORMAT   what the file is said to be, as by the user metadata disk-format of an object; \`raw\` vouches
                         for bytes that bear no sign of a disk
  --os-cloud NAME        asks this cloud of your clouds.yaml what it takes, in the place of the targets of cdk.json
  --kind glance|ims      the kind of that cloud (default: glance)
  --json                 one JSON document; docs/inspect.md describes it
  -h, --help             this text

Examples:
  npx imagedrop inspect ubuntu-24.04.qcow2
  npx imagedrop inspect --json disk.vmdk | jq .verdict
  npx imagedrop inspect --os-cloud mycloud s3://drops/ubuntu-24.04.qcow2

Exit codes: 0 safe, 1 refused, 2 wrong use or a file that cannot be read.
`;
