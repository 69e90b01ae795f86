/** Options that several commands have, so that each is called and explained in the same way everywhere. */

export const COMMON_OPTIONS = {
  debug: { type: 'boolean', help: 'shows where an error came from' },
  help: { type: 'boolean', short: 'h', help: 'this text' },
} as const;

export const STACK_OPTION = {
  stack: {
    type: 'string',
    value: 'NAME',
    help: 'a deployed stack, with the AWS credentials of the environment; it is remembered (`imagedrop stack`). `local`: the one that runs in this folder, which goes before a remembered one anyway',
  },
} as const;

/** @param what is printed: "the records as one JSON document" */
export const jsonOption = (what: string) => ({ json: { type: 'boolean', help: what } }) as const;

export const TARGET_OPTION = {
  target: {
    type: 'string',
    value: 'NAME',
    multiple: true,
    help: 'only at this target; may be given again (default: all of them)',
  },
} as const;
