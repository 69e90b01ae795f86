import { DEBIAN_WRITERS, NOT_RUN, VERSIONS } from './debian.ts';
import { DOCUMENTED_WRITERS } from './documented.ts';

interface Row {
  readonly name: string;
  readonly had: string;
  readonly verdict: string;
  readonly warning?: string;
}

/** The whole page; `npm run docs` writes it. */
export function writersPage(): string {
  const debian = DEBIAN_WRITERS.map((writer) => {
    const { package: from } = writer;
    return { ...writer, had: `run from Debian 12, \`${from}\` ${VERSIONS[from]}` };
  });
  const documented = DOCUMENTED_WRITERS.map((writer) => ({ ...writer, had: `documented layout: ${writer.layout}` }));
  return `# Writers of disk images

Inspection accepts what these ${debian.length + documented.length} writers produce, or refuses it by name. \`npm run suite clients\` runs the programs that
Debian 12 has. The other files are built by the published layout of their format. \`compressed\` is the verdict on the
packed file itself; [packed files](../../../docs/formats.md#packed-files) lists the ones that are unpacked.

| writer | how the file was made | verdict |
|---|---|---|
${[...debian, ...documented].map(rowOf).join('\n')}

## Writers that are not run

| writers | reason |
|---|---|
${NOT_RUN.map(({ names, reason }) => `| ${names} | ${reason} |`).join('\n')}

A verdict in code font is a refusal; [error codes](../../../docs/errors.md) has all codes. [formats](../../../docs/formats.md) describes the checks.
`;
}

function rowOf({ name, had, verdict, warning }: Row): string {
  const isRefused = verdict.includes('-');
  const words = isRefused || verdict === 'compressed' ? `\`${verdict}\`` : verdict;
  return `| ${name} | ${had} | ${words}${warning === undefined ? '' : `, with a warning: ${warning} …`} |`;
}
