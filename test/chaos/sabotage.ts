import { readFile, writeFile } from 'node:fs/promises';
import { bundlesIn } from './chaos-assembly.ts';

/** A bug, as an edit of what the functions run. */
export interface Sabotage {
  /** In the minified bundles: names are others at each build, what they stand for and texts are not. */
  readonly found: RegExp;
  readonly replacement: string;
  /** In how many bundles it is found. */
  readonly bundles: number;
}

/** Each attempt gives its image another id, so that no attempt finds the image of the one before. */
export const ID_AT_RANDOM: Sabotage = {
  found: /[\w$]+\.toString\("hex"\)\.replace\((?=\/\^\(\.\{8\}\))/g,
  replacement: 'globalThis.crypto.randomUUID().replaceAll("-","").replace(',
  bundles: 5,
};

/** Messages whose work failed are deleted like those whose effect is stored. */
export const MESSAGE_DELETED_EARLY: Sabotage = {
  found: /\{itemIdentifier:[\w$]+\.messageId\}/g,
  replacement: 'void 0',
  bundles: 4,
};

/** Hashes agree, whatever they are. */
export const HASH_NOT_COMPARED: Sabotage = {
  found: /[\w$]+\.hashes\[([\w$]+)\]!==[\w$]+\.hashes\?\.\[\1\]/g,
  replacement: '!1',
  bundles: 1,
};

/** @throws Error when the text is not found where it should be: then nothing would be sabotaged */
export async function sabotage(cloudAssembly: string, { found, replacement, bundles }: Sabotage): Promise<void> {
  const edited = await Promise.all(
    (await bundlesIn(cloudAssembly)).map(async (bundle) => {
      const text = await readFile(bundle, 'utf8');
      const other = text.replace(found, replacement);
      if (other !== text) await writeFile(bundle, other);
      return other !== text;
    }),
  );
  const count = edited.filter((isEdited) => isEdited).length;
  if (count !== bundles) throw new Error(`${found} was found in ${count} bundles, not in ${bundles}.`);
}
