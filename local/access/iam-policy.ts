import { Properties } from '../template/properties.ts';

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly Pattern[];
  readonly resources: readonly Pattern[];
}

/** `*` stands for any text, `?` for one character. */
export interface Pattern {
  readonly text: string;
  matches(value: string): boolean;
}

/**
 * Reads an identity policy (IAM user guide, "IAM JSON policy elements reference").
 * @throws TemplateError for elements whose meaning would be lost here
 */
export function parsePolicy(document: unknown, where: string): Statement[] {
  return statements(new Properties(document, where)).map((statement) => {
    statement.refuse('NotAction', 'NotResource', 'Condition', 'Principal', 'NotPrincipal');
    return {
      effect: statement.string('Effect') === 'Deny' ? 'Deny' : 'Allow',
      // Actions know no upper and lower case; resources do.
      actions: oneOrMore(statement, 'Action').map((action) => pattern(action, 'i')),
      resources: oneOrMore(statement, 'Resource').map((resource) => pattern(resource, '')),
    };
  });
}

function statements(policy: Properties): Properties[] {
  return Array.isArray(policy.raw('Statement')) ? policy.objects('Statement') : [policy.object('Statement')];
}

function oneOrMore(statement: Properties, name: string): string[] {
  return Array.isArray(statement.raw(name)) ? statement.strings(name) : [statement.string(name)];
}

function pattern(text: string, flags: string): Pattern {
  const source = text
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, `s${flags}`);
  return { text, matches: (value) => expression.test(value) };
}
