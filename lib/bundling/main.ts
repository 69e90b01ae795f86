/** `node lib/bundling/main.ts ENTRY_POINT FOLDER`: what lib/bundle.ts does in a process of its own. */
import { build } from 'esbuild';
import type { EntryPoint } from '../entry-points.ts';
import { settings } from './settings.ts';

const [entryPoint, folder] = process.argv.slice(2) as [EntryPoint, string];
await build(settings(entryPoint, folder));
