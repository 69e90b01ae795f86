import { readFileSync } from 'node:fs';

/** The interfaces whose members a user writes, and their files. */
const INTERFACES = [
  ['ImageDropProps', 'lib/settings/props.ts'],
  ['ExistingDropBucket', 'lib/settings/props.ts'],
  ['ReceiptKeyProps', 'lib/settings/props.ts'],
  ['TargetProps', 'lib/settings/target-props.ts'],
  ['StagingProps', 'lib/settings/target-props.ts'],
  ['StageProps', 'lib/settings/stage-props.ts'],
  ['ReconcileProps', 'lib/settings/reconcile-props.ts'],
  ['OutcomeEmailsProps', 'lib/settings/outcome-emails-props.ts'],
  ['DashboardProps', 'lib/dashboard/watched.ts'],
  ['Prices', 'lib/dashboard/prices.ts'],
  ['ManagedInstancesProps', 'lib/settings/managed-instances-props.ts'],
] as const;

/** Begins what is written from the docstrings. */
export const BEGIN = '<!-- the properties of lib/, written by `npm run docs` -->\n\n';

/** The page with its lists written anew. */
export const withConstructLists = (page: string): string => `${page.split(BEGIN)[0]}${BEGIN}${constructLists()}`;

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

/** The lists of docs/construct.md. */
export function constructLists(): string {
  return INTERFACES.map(([name, path]) => `### ${name}\n\n${listOf(membersOf(name, path))}\n`).join('\n');
}

/** Types that the text shows anyway. */
const PRIMITIVES = ['string', 'number', 'boolean'];

function listOf(members: readonly Member[]): string {
  const items = members.map(({ name, type, text, byDefault = 'none', isOptional }) => {
    const shown = PRIMITIVES.includes(type) ? '' : ` (\`${type}\`)`;
    return `- **\`${name}\`**${shown}: ${text} ${isOptional ? `Default: ${withoutReason(byDefault)}.` : 'Required.'}`;
  });
  return items.join('\n');
}

/** A default without its reason, which follows " - " in a docstring. */
const withoutReason = (byDefault: string): string =>
  (byDefault.replace(/^- /, '').split(' - ')[0] ?? '').replace(/\.$/, '');
