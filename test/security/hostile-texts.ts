/** What somebody could write into a key or a value to steer a terminal that shows it. */
export const FOR_TERMINALS = [
  ['an escape sequence that clears the screen', '\u001b[2J'],
  ['one that sets the title of the window', '\u001b]0;owned\u0007'],
  ['the same by C1 controls', '\u009b2J\u009d0;owned\u009c'],
  ['a carriage return that hides the beginning', 'failed\ractive'],
  ['a line of its own', 'a.img\nb.img  active'],
  ['text that runs the other way', 'a\u202egpj.exe\u2066\u200f\u061c'],
  ['DEL and NUL', 'a\u007f\u0000b'],
] as const;

/** Whatever a terminal would obey. */
export const OBEYED = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** Keys that try to leave the place where objects, records or logs of theirs belong. */
export const WANDERING_KEYS = [
  '../../../../outside.img',
  '..',
  '/etc/passwd',
  '%2e%2e/%2e%2e/outside.img',
  '..%2foutside.img',
  '..\\..\\outside.img',
  'a/../../reconcile.json',
  'targets/simulator.json',
  'reconcile.json',
  '__proto__/constructor.img',
  'line\r\nx-amz-meta-name: injected.img',
  ...FOR_TERMINALS.filter(([, text]) => !text.includes('\0')).map(([, text]) => `${text}.img`),
  `${'long'.repeat(255)}.img`,
  `${'画'.repeat(340)}.img`,
];
