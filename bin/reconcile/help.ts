export const HELP = `imagedrop reconcile: finds what got lost between bucket, records and images, and sends it round again.
It runs on a schedule by itself; this runs it now.

Usage:
  npx imagedrop reconcile --dry-run      looks at everything, changes nothing, and says what it would do
  npx imagedrop reconcile                goes on where the last run stopped

Options:
  --stack NAME   a deployed stack, with the AWS credentials of the environment (default: the one that runs here)
  --json         the report as one JSON document; docs/reconcile.md describes it
  -h, --help     this text

Exit codes: 0 done, 1 the run failed, 2 wrong use.
`;
