import { createRequire } from 'node:module';
import { type BuildOptions, build } from 'esbuild';

const require = createRequire(import.meta.url);

/** What the text of a module exports, bundled with all that it imports from where it would lie. */
export async function loaded(
  contents: string,
  resolveDir: string,
  settings: Pick<BuildOptions, 'alias' | 'define' | 'external' | 'loader' | 'mainFields' | 'plugins'> = {},
): Promise<Record<string, unknown>> {
  const { outputFiles } = await build({
    ...settings,
    stdin: { contents, resolveDir },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  const module = { exports: {} };
  new Function('module', 'require', outputFiles[0]?.text ?? '')(module, require);
  return module.exports;
}
