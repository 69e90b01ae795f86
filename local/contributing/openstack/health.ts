import { environmentIn, runProgram } from './run-program.ts';

/** Such a check asks for little; a server that is busy with one request answers the next in this time. */
const ANSWER_TIMEOUT_MS = 5_000;

/** How one knows that a server can be used: an address that answers 2xx, or a program that ends with 0. */
export type HealthCheck = { readonly url: string } | { readonly program: string; readonly args: readonly string[] };

/** @param folder in which the program runs */
export async function isHealthy(check: HealthCheck, folder: string): Promise<boolean> {
  try {
    if ('url' in check) return await answers(check.url);
    await runProgram(check.program, check.args, {
      folder,
      environment: environmentIn(folder),
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    return true;
  } catch {
    return false; // not yet, or no longer: that is what is asked here
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  await response.arrayBuffer();
  return response.ok;
}

/** For messages. */
export function nameOfCheck(check: HealthCheck): string {
  return 'url' in check ? check.url : `\`${[check.program, ...check.args].join(' ')}\``;
}
