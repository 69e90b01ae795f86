import type { Gate } from './image-service.ts';

/** The same object, every call of which waits at a gate before anything comes of it. */
export function gated<T extends object>(name: string, target: T, gate: Gate): T {
  const entries = Object.entries(target).map(([key, value]) => [key, gatedMember(`${name}.${key}`, value, gate)]);
  return Object.fromEntries(entries) as T;
}

function gatedMember(label: string, value: unknown, gate: Gate): unknown {
  if (typeof value !== 'function') {
    return typeof value === 'object' && value !== null ? gated(label, value, gate) : value;
  }
  // Only what talks to the outside is asynchronous.
  if (label.endsWith('.conform')) return value;
  return async (...args: unknown[]) => {
    await gate(label);
    return value(...args);
  };
}
