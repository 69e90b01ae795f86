import { readFileSync } from 'node:fs';

/** The interfaces whose members a user writes, and where they stand. */
const INTERFACES = [
  ['ImageDropProps', 'lib/settings/props.ts'],
  ['ExistingDropBucket', 'lib/settings/props.ts'],
  ['TargetProps', 'lib/settings/target-props.ts'],
  ['StagingProps', 'lib/settings/target-props.ts'],
  ['StageProps', 'lib/settings/stage-props.ts'],
  ['ReconcileProps', 'lib/settings/reconcile-props.ts'],
  ['OutcomeEmailsProps', 'lib/settings/outcome-emails-props.ts'],
  ['DashboardProps', 'lib/dashboard/dashboard-props.ts'],
  ['Prices', 'lib/dashboard/prices.ts'],
  ['ManagedInstancesProps', 'lib/settings/managed-instances-props.ts'],
] as const;

/** Ends what construct.md says by hand; the tables follow. */
export const INTRODUCTION = 'These tables are made of the docstrings that your editor shows (`npm run docs`).\n\n';

/** The page with its tables written anew. */
export const withConstructTables = (page: string): string =>
  `${page.split(INTRODUCTION)[0]}${INTRODUCTION}${constructTables()}`;

export interface Member {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly text: string;
  /** Of the tag `@default`. */
  readonly byDefault: string | undefined;
}

const MEMBER =
  /(?:\/\*\*(?<doc>(?:(?!\*\/)[\s\S])*)\*\/\s*)?readonly (?<name>\w+)(?<optional>\??): (?<type>[^\n]+);\n/g;

export function membersOf(interfaceName: string, path: string): Member[] {
  const source = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const [, body] = source.split(`export interface ${interfaceName} {`);
  if (body === undefined) throw new Error(`${path} declares no interface ${interfaceName}.`);
  const [members = ''] = body.split('\n}');
  return Array.from(`${members}\n`.matchAll(MEMBER), ({ groups = {} }) => {
    const { name = '', type = '', optional, doc = '' } = groups;
    const [text = '', byDefault] = lineOf(doc).split(' @default ');
    return { name, type, isOptional: optional === '?', text, byDefault };
  });
}

/** A docstring without its stars, as one line. */
const lineOf = (doc: string): string =>
  doc
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
    .filter((line) => line !== '')
    .join(' ');

/** The tables of docs/construct.md. */
export function constructTables(): string {
  return INTERFACES.map(([name, path]) => `### ${name}\n\n${tableOf(membersOf(name, path))}\n`).join('\n');
}

function tableOf(members: readonly Member[]): string {
  const rows = members.map(({ name, type, text, byDefault, isOptional }) => {
    const wanted = isOptional ? (byDefault ?? 'none').replace(/^- /, '') : 'needed';
    return `| \`${name}\` | \`${cell(type)}\` | ${cell(text)} | ${cell(wanted)} |`;
  });
  return ['| property | type | meaning | default |', '|---|---|---|---|', ...rows].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
