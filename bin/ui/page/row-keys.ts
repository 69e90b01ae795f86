/** What a KeyboardEvent tells of a key. */
export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/**
 * Where a key leads in a list.
 * @param page rows that are seen at a time
 * @returns undefined for a key that is none of the list's
 */
export function moveBy(
  { key, ctrlKey, metaKey, altKey }: PressedKey,
  current: number,
  total: number,
  page: number,
): number | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -total,
    End: total,
  };
  const step = steps[key];
  return step === undefined ? undefined : Math.min(Math.max(current + step, 0), total - 1);
}
