import { createHmac } from 'node:crypto';
import type { RolePlan } from '../template/functions.ts';
import { Properties } from '../template/properties.ts';
import type { Access, Principal } from './access.ts';

/** One action on one resource, as a statement of the role's policies words it. */
export interface Grant {
  /** The logical id of the role. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

export interface AccessUsage {
  readonly granted: readonly Grant[];
  readonly used: readonly Grant[];
  /** Granted and not needed up to now. */
  readonly unused: readonly Grant[];
  /** Asked for and refused; action and resource are those of the request. */
  readonly denied: readonly Grant[];
}

export const OPERATOR = 'operator';

interface Role {
  readonly principal: Principal;
  readonly statements: readonly Statement[];
}

/**
 * Who may do what, from the policies of the template's roles. Resource policies are not evaluated: inside one account
 * the role's own policy suffices ("Policy evaluation logic").
 */
export class Iam implements Access {
  readonly operator: Principal;
  readonly #roles = new Map<string, Role>();
  readonly #principals = new Map<string, Principal>();
  readonly #used = new Set<string>();
  readonly #denied = new Map<string, Grant>();

  /**
   * @param secret the access keys follow from it, so that they stay the same from one start to the next
   * @throws TemplateError when a policy has elements that cannot be evaluated here
   */
  constructor(roles: readonly RolePlan[], secret: string) {
    this.operator = this.#add(OPERATOR, secret);
    for (const { logicalId, policies } of roles) {
      const statements = policies.flatMap(({ document, where }) => parsePolicy(document, where));
      this.#roles.set(logicalId, { principal: this.#add(logicalId, secret), statements });
    }
  }

  principal(accessKeyId: string): Principal | undefined {
    return this.#principals.get(accessKeyId);
  }

  /** The holder of a role, by its logical id. */
  role(logicalId: string): Principal | undefined {
    return this.#roles.get(logicalId)?.principal;
  }

  allows(principal: Principal, action: string, resourceArn: string): boolean {
    if (principal.name === OPERATOR) return true;
    const allowed = this.#decide(principal.name, action, resourceArn);
    if (!allowed) {
      const grant = { role: principal.name, action, resource: resourceArn };
      this.#denied.set(keyOf(grant), grant);
    }
    return allowed;
  }

  usage(): AccessUsage {
    const granted = [...this.#roles].flatMap(([role, { statements }]) =>
      statements.filter(({ effect }) => effect === 'Allow').flatMap((statement) => grantsOf(role, statement)),
    );
    return {
      granted,
      used: granted.filter((grant) => this.#used.has(keyOf(grant))),
      unused: granted.filter((grant) => !this.#used.has(keyOf(grant))),
      denied: [...this.#denied.values()],
    };
  }

  #decide(role: string, action: string, resourceArn: string): boolean {
    const concerned = (this.#roles.get(role)?.statements ?? []).flatMap((statement) =>
      matching(statement, action, resourceArn),
    );
    if (concerned.length === 0 || concerned.some(({ effect }) => effect === 'Deny')) return false;
    for (const match of concerned) this.#used.add(keyOf({ role, ...match }));
    return true;
  }

  #add(name: string, secret: string): Principal {
    const derive = (purpose: string) => createHmac('sha256', secret).update(`${purpose} ${name}`);
    const principal = {
      name,
      // AWS: 20 capital letters and digits that begin with AKIA, and 40 characters.
      accessKeyId: `AKIA${derive('access key id').digest('hex').slice(0, 16).toUpperCase()}`,
      secretAccessKey: derive('secret access key').digest('base64url').slice(0, 40),
    };
    this.#principals.set(principal.accessKeyId, principal);
    return principal;
  }
}

function matching({ effect, actions, resources }: Statement, action: string, resourceArn: string) {
  const matchingResources = resources.filter((resource) => resource.matches(resourceArn));
  return actions
    .filter((it) => it.matches(action))
    .flatMap((it) => matchingResources.map((resource) => ({ effect, action: it.text, resource: resource.text })));
}

function grantsOf(role: string, { actions, resources }: Statement): Grant[] {
  return actions.flatMap((action) =>
    resources.map((resource) => ({ role, action: action.text, resource: resource.text })),
  );
}

function keyOf({ role, action, resource }: Grant): string {
  return JSON.stringify([role, action, resource]);
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly Pattern[];
  readonly resources: readonly Pattern[];
}

/** `*` stands for any text, `?` for one character. */
interface Pattern {
  readonly text: string;
  matches(value: string): boolean;
}

/**
 * Reads an identity policy (IAM user guide, "IAM JSON policy elements reference").
 * @throws TemplateError for elements whose meaning would be lost here
 */
function parsePolicy(document: unknown, where: string): Statement[] {
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
