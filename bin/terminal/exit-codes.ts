/** The exit codes of all commands. docs/commands.md lists them. */
export const DONE = 0;
export const FAILED = 1;
export const WRONG_USE = 2;
/** Neither done nor failed yet. */
export const NOT_YET = 3;
/** Ctrl-C before the end: 128 plus the signal number, as in shells. A server that Ctrl-C is meant to end exits with 0. */
export const INTERRUPTED = 130;
/** The reader of the output has closed it (`imagedrop ls | head`): 128 plus the number of SIGPIPE. */
export const READER_GONE = 141;

/** The command line is invalid. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** Aborts at the first Ctrl-C or SIGTERM, for an orderly end. A second one ends the process at once. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(INTERRUPTED);
      controller.abort(new Error(`Ended by ${name}.`));
    });
  }
  return controller.signal;
}
