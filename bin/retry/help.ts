export const HELP = `imagedrop retry: brings drops that have failed back from the start, with a new image.

Usage:
  npx imagedrop retry KEY…            the failed drops under these keys
  npx imagedrop retry --all-failed    every drop that has failed

Options:
  --code CODE    only those that failed with this code, as docs/errors.md lists them
  --stack NAME   a deployed stack, with the AWS credentials of the environment (default: the one that runs here)
  --json         one JSON document per line for each drop
  -h, --help     this text

Examples:
  npx imagedrop retry linux/ubuntu-24.04.qcow2
  npx imagedrop retry --all-failed --code unauthorized --stack ImageDrop

Exit codes: 0 asked for, 1 a key has no drop that failed, 2 wrong use.
`;
