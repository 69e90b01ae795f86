import { CASES } from './cases.ts';

const BEGIN = '<!-- the cases of test/contract, written by `npm run docs` -->';
const END = '<!-- end of the cases -->';

/** README.md of this folder with the tables of all cases as they are now. */
export function withCases(page: string): string {
  const [before = '', rest = ''] = page.split(BEGIN);
  const after = rest.split(END)[1] ?? '';
  return `${before}${BEGIN}\n${tables()}\n${END}${after}`;
}

function tables(): string {
  const parts = Object.entries(CASES).map(([title, cases]) => {
    const rows = cases.flatMap(({ name, service, ours, simulatorOnly }) => {
      const seen = simulatorOnly === undefined ? 'both' : `simulator: ${simulatorOnly}`;
      return ours === undefined ? [] : [`| ${name} | ${service} | ${ours} | ${seen} |`];
    });
    if (rows.length === 0) return '';
    const head = '| what happens | what the service does | what imagedrop makes of it | seen on |\n|---|---|---|---|';
    return `\n### ${title}\n\n${head}\n${rows.join('\n')}\n`;
  });
  return parts.join('');
}
