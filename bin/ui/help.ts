export const HELP = `imagedrop ui: a page to drop images and to watch what becomes of them, on this machine only.

Usage:
  npx imagedrop ui                   the page of the stack that runs here, in your browser
  npx imagedrop ui --stack NAME      the page of a deployed stack, with the AWS credentials of the environment

Options:
  --port PORT    the port on 127.0.0.1 (default: any free one)
  --no-open      prints the address and opens no browser
  --stack NAME   a deployed stack (default: the one that runs here)
  --json         prints one JSON document, {"url": …}, in place of words
  -h, --help     this text

Examples:
  npx imagedrop ui
  npx imagedrop ui --stack ImageDrop --port 8400 --no-open

The address holds a secret: whoever has it may do what the page can, until Ctrl-C ends it.

Exit codes: 0 ended by Ctrl-C, 1 it could not start or end well, 2 wrong use.
`;
