import type { Growth } from './measure-growth.ts';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

interface Panel {
  readonly title: string;
  readonly xTitle: string;
  readonly points: readonly Point[];
  readonly left: number;
}

const [WIDTH, HEIGHT, PANEL, TOP, BOTTOM] = [860, 320, 330, 50, 250];

/** Two panels with logarithmic axes, in which flat is what is wanted. */
export function chart({ byCount, bySize }: Growth): string {
  const drops = byCount.map(({ drops: x, secondsPerDrop: y }) => ({ x, y, label: String(x) }));
  const sizes = bySize.map(({ bytes, cpuSeconds }) => ({
    x: bytes,
    y: (cpuSeconds * 2 ** 30) / bytes,
    label: sizeOf(bytes),
  }));
  const panels = [
    { title: 'Seconds per drop of 64 KiB', xTitle: 'drops at once', points: drops, left: 70 },
    { title: 'CPU seconds per GiB of one drop', xTitle: 'its size', points: sizes, left: 500 },
  ];
  const style = 'font: 12px sans-serif; fill: #222';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="How cost grows with the work">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/><g style="${style}">`,
    ...panels.map(drawn),
    '</g></svg>\n',
  ].join('\n');
}

function drawn({ title, xTitle, points, left }: Panel): string {
  const x = scale(
    points.map((point) => point.x),
    left + 20,
    left + PANEL - 20,
  );
  const decades = [
    ...points.map(({ y }) => 10 ** Math.floor(Math.log10(y))),
    ...points.map(({ y }) => 10 ** Math.ceil(Math.log10(y))),
  ];
  const y = scale(decades, BOTTOM, TOP);
  const ticks = powersOfTen(Math.min(...decades), Math.max(...decades));
  const line = points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' ');
  return [
    `<text x="${left}" y="25" font-weight="bold">${title}</text>`,
    ...ticks.map(
      (tick) =>
        `<line x1="${left}" x2="${left + PANEL}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ccc"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
    `<polyline points="${line}" fill="none" stroke="#0a58ca" stroke-width="2"/>`,
    ...points.map(
      (point) =>
        `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="3.5" fill="#0a58ca"/><text x="${x(point.x).toFixed(1)}" y="${BOTTOM + 20}" text-anchor="middle">${point.label}</text>`,
    ),
    `<text x="${left + PANEL / 2}" y="${BOTTOM + 45}" text-anchor="middle">${xTitle}</text>`,
  ].join('\n');
}

/** Logarithmic. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [lowest, highest] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const span = highest - lowest || 1;
  return (value) => from + ((Math.log(value) - lowest) / span) * (to - from);
}

function powersOfTen(from: number, to: number): number[] {
  const powers: number[] = [];
  for (let exponent = Math.round(Math.log10(from)); exponent <= Math.round(Math.log10(to)); exponent += 1) {
    powers.push(Number((10 ** exponent).toPrecision(1)));
  }
  return powers;
}

function sizeOf(bytes: number): string {
  return bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${bytes / 2 ** 20} MiB`;
}
