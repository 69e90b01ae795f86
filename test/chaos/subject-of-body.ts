import { objectEvents } from '../../lambda/model/s3-event.ts';
import type { Subjects } from './subjects.ts';

/** Which drop a message is about: an S3 event, or the name of a record. */
export function subjectOfBody(body: string, subjects: Subjects): string | undefined {
  const message: unknown = JSON.parse(body);
  const [event] = objectEvents(message) ?? [];
  if (event !== undefined) return subjects.ofVersion(event.versionId ?? '') ?? subjects.ofKey(event.key);
  const { record } = message as { record?: string };
  return subjects.ofRecord(record ?? '');
}
