import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemplateError } from './properties.ts';

/** A CloudFormation template as far as this stack reads it; everything inside is checked where it is used. */
export interface TemplateDocument {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, ResourceDocument>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Condition?: string }>>;
}

export interface ResourceDocument {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** One stack of a cloud assembly: what `cdk synth` writes into cdk.out. */
export interface Assembly {
  readonly template: TemplateDocument;
  /**
   * The folder whose content would be uploaded under this key of the asset bucket.
   * @throws TemplateError when the assembly has no such asset
   */
  assetFolder(objectKey: string): string;
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string; readonly packaging?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/** @throws TemplateError when a file of the stack is missing or is not JSON */
export async function readAssembly(folder: string, stackName: string): Promise<Assembly> {
  const template = (await readJson(join(folder, `${stackName}.template.json`))) as TemplateDocument;
  const manifest = (await readJson(join(folder, `${stackName}.assets.json`))) as AssetManifest;
  const folders = assetFolders(folder, manifest);
  return {
    template,
    assetFolder(objectKey) {
      const found = folders.get(objectKey);
      if (found === undefined) throw new TemplateError(`${stackName}.assets.json has no folder for ${objectKey}`);
      return found;
    },
  };
}

function assetFolders(folder: string, manifest: AssetManifest): Map<string, string> {
  const folders = new Map<string, string>();
  for (const { source, destinations } of Object.values(manifest.files ?? {})) {
    if (source.packaging !== 'zip' || source.path === undefined) continue;
    for (const { objectKey } of Object.values(destinations)) folders.set(objectKey, join(folder, source.path));
  }
  return folders;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new TemplateError(`${path} cannot be read: is this the folder of a synthesized stack?`, { cause });
  }
}
