import { type InspectOptions, inspect } from '../../../lambda/formats/inspect.ts';
import { bytesReader } from '../../../lambda/formats/reading/reader.ts';
import { type ErrorCode, ImageDropError } from '../../../lambda/model/errors.ts';
import type { FoundImage } from '../../../lambda/model/image.ts';

/** What inspection finds in these bytes. */
export const found = (image: Buffer, options?: InspectOptions): Promise<FoundImage> =>
  inspect(bytesReader(image), options);

/** The code for which inspection refuses these bytes; "accepted" when it does not. */
export async function refusal(image: Buffer, options?: InspectOptions): Promise<ErrorCode | 'accepted'> {
  try {
    await found(image, options);
    return 'accepted';
  } catch (error) {
    if (error instanceof ImageDropError) return error.code;
    throw error;
  }
}

/** Why inspection refuses these bytes. @throws Error when it accepts them */
export async function refused(image: Buffer, options?: InspectOptions): Promise<ImageDropError> {
  const outcome = await found(image, options).catch((error: unknown) => error);
  if (outcome instanceof ImageDropError) return outcome;
  throw new Error(`The file was not refused: ${JSON.stringify(outcome)}`);
}
