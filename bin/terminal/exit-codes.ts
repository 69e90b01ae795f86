/** What the exit codes of all commands mean; docs/commands.md lists them. */
export const DONE = 0;
export const FAILED = 1;
export const WRONG_USE = 2;
/** Neither done nor failed so far. */
export const NOT_YET = 3;
/** Ended by Ctrl-C: 128 and the number of the signal, as shells have it. */
export const INTERRUPTED = 130;
/** Whoever read the output has gone away (`imagedrop ls | head`): 128 and the number of SIGPIPE. */
export const READER_GONE = 141;
