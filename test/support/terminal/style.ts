const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

export type Colour = (typeof COLOURS)[number] | `bright-${(typeof COLOURS)[number]}`;

export interface Style {
  readonly isBold?: true;
  readonly isDim?: true;
  /** @default the terminal's own */
  readonly colour?: Colour;
}

/**
 * A style after "Select graphic rendition" (ECMA-48, section 8.3.117), with the bright colours that terminals add.
 * @throws Error at a parameter that is not known here
 */
export const styled = (style: Style, parameters: string): Style =>
  parameters.split(';').reduce((before, parameter) => changed(before, Number(parameter)), style);

function changed(style: Style, parameter: number): Style {
  const { isBold: _, isDim: __, ...weightless } = style;
  const { colour: ___, ...colourless } = style;
  if (parameter === 0) return {};
  if (parameter === 1) return { ...style, isBold: true };
  if (parameter === 2) return { ...style, isDim: true };
  if (parameter === 22) return weightless;
  if (parameter === 39) return colourless;
  return { ...style, colour: colourOf(parameter) };
}

function colourOf(parameter: number): Colour {
  const name = COLOURS[parameter % 10];
  if (name !== undefined && parameter >= 30 && parameter < 40) return name;
  if (name !== undefined && parameter >= 90 && parameter < 100) return `bright-${name}`;
  throw new Error(`The style ${parameter} is not known here.`);
}
