import { objectEvents } from '../model/s3-event.ts';

/** The record, or the dropped object, that a message is about, as fields of a log line; nothing where it names neither. */
export function messageSubject(body: string): Readonly<Record<string, string>> {
  try {
    return subjectOf(JSON.parse(body));
  } catch {
    // The line that is written has the whole body, and says what is wrong with it.
    return {};
  }
}

function subjectOf(message: unknown): Readonly<Record<string, string>> {
  if (typeof message !== 'object' || message === null) return {};
  if ('record' in message && typeof message.record === 'string') return { record: message.record };
  const [event, ...others] = objectEvents(message) ?? [];
  if (event === undefined || others.length > 0) return {};
  const { bucket, key, versionId } = event;
  return { bucket, key, ...(versionId !== undefined && { dropId: versionId }) };
}
