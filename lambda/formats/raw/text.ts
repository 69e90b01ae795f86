import type { Probe } from '../reading/probe.ts';

/** The control characters that do not occur in text. */
const CONTROL = /[^\P{Cc}\t\n\f\r]/u;
const UTF16_MARKS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** Whether the head of the file is nothing but text: UTF-8 without control bytes, or UTF-16 with its mark. */
export function isText(probe: Probe): boolean {
  const bytes = probe.head.slice(0, probe.head.length);
  if (UTF16_MARKS.some((mark) => probe.head.has(0, mark))) return isUtf16(bytes);
  // This alone separates most disks from text, without decoding them.
  if (bytes.includes(0)) return false;
  const text = decoded(bytes, 'utf-8');
  return text !== undefined && !CONTROL.test(text);
}

function isUtf16(bytes: Buffer): boolean {
  const text = decoded(bytes, bytes[0] === 0xff ? 'utf-16le' : 'utf-16be');
  return text !== undefined && !CONTROL.test(text);
}

function decoded(bytes: Buffer, encoding: string): string | undefined {
  try {
    // As a stream, so that a character cut by the end of the head is not an error.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}
