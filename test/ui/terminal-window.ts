import { writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import type { Screen } from '../support/terminal/screen.ts';
import { screenHtml } from '../support/terminal/screen-html.ts';
import { smallPng } from '../support/terminal/small-png.ts';

/** Of each colour that the command line uses, on the ground of the window. */
const COLOURS = { red: '#ff7b72', green: '#7ee787', yellow: '#e3b341', cyan: '#76d9e6' } as const;

const STYLE = `
  body { margin: 0; }
  #window { display: inline-block; background: #16191f; color: #d5dae1; }
  #title { padding: 9px 16px; background: #20252c; color: #9aa4af; font: 13px "DejaVu Sans", sans-serif; }
  pre { margin: 0; padding: 16px 20px 18px; font: 14px/1.5 "DejaVu Sans Mono", monospace; }
  .bold { font-weight: bold; color: #f0f3f6; }
  .dim { color: #8b949e; }
  .prompt { color: #8b949e; }
  ${Object.entries(COLOURS)
    .map(([name, colour]) => `.${name}, .bold.${name} { color: ${colour}; }`)
    .join('\n  ')}
`;

export interface TerminalPicture {
  /** As it was typed. */
  readonly command: string;
  readonly screen: Screen;
  /** Where it goes; undefined: nowhere. */
  readonly path: string | undefined;
}

/**
 * Draws what a command has printed as a terminal shows it.
 * @returns the width of the window in pixels
 * @throws Error where a class of the screen has no colour here
 */
export async function pictureOf(browser: Browser, { command, screen, path }: TerminalPicture): Promise<number> {
  const body = screenHtml(screen.lines());
  const page = await browser.newPage({ viewport: { width: 1400, height: 1200 }, deviceScaleFactor: 1.25 });
  const typed = `<span class="prompt">$</span> <span class="bold">${command}</span>`;
  await page.setContent(
    `<!doctype html><meta charset="utf-8"><style>${STYLE}</style>
    <div id="window"><div id="title">imagedrop</div><pre>${typed}\n${body}</pre></div>`,
  );
  const window = page.locator('#window');
  if (path !== undefined) await writeFile(path, smallPng(await window.screenshot()));
  const box = await window.boundingBox();
  await page.close();
  return box?.width ?? 0;
}
