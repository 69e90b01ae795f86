/** Aborts on the first Ctrl-C or SIGTERM, for an orderly end; a second one ends the process at once. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error(`Ended by ${name}.`));
    });
  }
  return controller.signal;
}
