import { foreignFormat, inspectContent } from './content.ts';

/** Why IMS cannot make an image of a file. */
export interface Flaw {
  /** `empty` and `foreign` are seen at once, `broken` only when it is converted. */
  readonly kind: 'empty' | 'foreign' | 'broken';
  /** IMG.0072 for a disk image of a format that is not taken, IMG.0057 for everything else. */
  readonly code: 'IMG.0057' | 'IMG.0072';
  readonly message: string;
}

/**
 * Any disk image is converted to the image's disk_format: all formats of the upload page pass, as do bytes without any
 * mark, which are raw.
 * @param diskFormats ISO is taken only where it is one of them
 */
export async function flawOf(path: string, diskFormats: readonly string[]): Promise<Flaw | undefined> {
  const content = await inspectContent(path);
  if (content.size === 0) return { kind: 'empty', code: 'IMG.0057', message: 'The image file is empty.' };
  const archive = await foreignFormat(path);
  if (archive !== undefined) return foreign('IMG.0057', archive);
  const untaken = content.formats.find(
    (format) => format === 'luks' || (format === 'iso' && !diskFormats.includes('iso')),
  );
  if (untaken !== undefined) return foreign('IMG.0072', untaken);
  const formats = content.formats.filter((format) => format !== 'gpt');
  if (formats.length > 1) return broken(`it is ${formats.join(' and ')} at once`);
  return content.unsafe === undefined ? undefined : broken(content.unsafe);
}

function foreign(code: Flaw['code'], format: string): Flaw {
  return { kind: 'foreign', code, message: `The image file is of the wrong format: ${format}.` };
}

function broken(reason: string): Flaw {
  return { kind: 'broken', code: 'IMG.0057', message: `The image file cannot be used: ${reason}.` };
}
