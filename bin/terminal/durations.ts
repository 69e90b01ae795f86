const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** 95 → "1 min", 7300 → "2 h": as much as an age in a list has to say. */
export function formatAge(seconds: number): string {
  const whole = Math.max(Math.floor(seconds), 0);
  const [unit, size] = UNITS.find(([, each]) => whole >= each) ?? ['s', 1];
  return `${Math.floor(whole / size)} ${unit}`;
}

/** 95 → "1 min 35 s": a time that is waited for. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(Math.round(seconds), 0);
  const found = UNITS.findIndex(([, each]) => whole >= each);
  if (found === -1) return `${whole} s`;
  const [unit, size] = UNITS[found] ?? ['s', 1];
  const [smallerUnit, smallerSize] = UNITS[found + 1] ?? ['s', 1];
  const rest = Math.floor((whole % size) / smallerSize);
  return `${Math.floor(whole / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${smallerUnit}`}`;
}
