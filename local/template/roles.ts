import { TemplateError } from './properties.ts';
import type { StackTemplate } from './stack-template.ts';

export interface RolePlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly PolicyPlan[];
}

export interface PolicyPlan {
  readonly document: unknown;
  /** Names the place in errors. */
  readonly where: string;
}

/** Roles with the policies inside them and those attached to them. */
export function readRoles(template: StackTemplate): RolePlan[] {
  const attached = readAttachedPolicies(template);
  return template.resources('AWS::IAM::Role').map(({ logicalId, identity, properties }) => {
    properties.refuse('ManagedPolicyArns', 'PermissionsBoundary');
    const inside = properties
      .objects('Policies')
      .map((policy) => ({ document: policy.raw('PolicyDocument'), where: policy.where }));
    const name = String(identity.Ref);
    return { logicalId, name, arn: String(identity.Arn), policies: [...inside, ...(attached.get(name) ?? [])] };
  });
}

function readAttachedPolicies(template: StackTemplate): Map<string, PolicyPlan[]> {
  const byRole = new Map<string, PolicyPlan[]>();
  for (const { properties } of template.resources('AWS::IAM::Policy')) {
    properties.refuse('Users', 'Groups');
    const policy = { document: properties.raw('PolicyDocument'), where: properties.where };
    const roles = properties.strings('Roles');
    if (roles.length === 0) throw new TemplateError(`${properties.where} is attached to no role`);
    for (const role of roles) byRole.set(role, [...(byRole.get(role) ?? []), policy]);
  }
  return byRole;
}
