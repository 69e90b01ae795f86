import { ImageDropError } from '../model/errors.ts';

/** @throws `bad-message` when the message is not `{ "record": "<key>" }` */
export function recordNamedIn(message: unknown): string {
  if (typeof message === 'object' && message !== null && 'record' in message && typeof message.record === 'string') {
    return message.record;
  }
  throw new ImageDropError('bad-message', `The message is neither an S3 event nor {"record": …}: ${excerpt(message)}`);
}

function excerpt(message: unknown): string {
  const MAX_CHARACTERS = 200;
  return (JSON.stringify(message) ?? String(message)).slice(0, MAX_CHARACTERS);
}
