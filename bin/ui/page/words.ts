import { formatBytes } from '../../format-bytes.ts';

export { formatBytes };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 4 min, 3 h, 12 d: one figure is enough for an age. */
export function age(milliseconds: number): string {
  if (milliseconds < 5 * SECOND) return 'now';
  if (milliseconds < MINUTE) return `${Math.floor(milliseconds / SECOND)} s`;
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`;
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)} h`;
  return `${Math.floor(milliseconds / DAY)} d`;
}

/** 0.4 s, 12 s, 4 min 5 s, 3 h 20 min */
export function duration(milliseconds: number): string {
  if (milliseconds < 10 * SECOND) return `${(Math.max(milliseconds, 0) / SECOND).toFixed(1)} s`;
  if (milliseconds < MINUTE) return `${Math.round(milliseconds / SECOND)} s`;
  const [big, small] = milliseconds < HOUR ? ([MINUTE, SECOND] as const) : ([HOUR, MINUTE] as const);
  const names = milliseconds < HOUR ? (['min', 's'] as const) : (['h', 'min'] as const);
  const rest = Math.floor((milliseconds % big) / small);
  return `${Math.floor(milliseconds / big)} ${names[0]}${rest === 0 ? '' : ` ${rest} ${names[1]}`}`;
}

export const rate = (bytesPerSecond: number): string => `${formatBytes(Math.round(bytesPerSecond))}/s`;

export const percent = (fraction: number): string => `${Math.floor(fraction * 100)} %`;

/** 12,345: for people who count. */
const NUMBER = new Intl.NumberFormat('en');
export const count = (value: number): string => NUMBER.format(value);

const DATE_TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
export const dateTime = (iso: string): string => DATE_TIME.format(new Date(iso));
export const time = (iso: string): string => TIME.format(new Date(iso));

/** The folder of a key, with its slash, and what is behind it. */
export function splitKey(key: string): readonly [folder: string, name: string] {
  const slash = key.slice(0, -1).lastIndexOf('/');
  return [key.slice(0, slash + 1), key.slice(slash + 1)];
}
