import type { Assembly, ResourceDocument, TemplateDocument } from './assembly.ts';
import { resolve, type Scope } from './intrinsics.ts';
import { ACCOUNT_ID, REGION } from './names.ts';
import { Properties, TemplateError } from './properties.ts';
import { type Identity, RESOURCE_TYPES } from './resource-types.ts';

export interface TemplateResource {
  readonly logicalId: string;
  readonly identity: Identity;
  /** Resolved: no intrinsic function is left in them. */
  readonly properties: Properties;
}

/** A template whose resources have names, so that everything in it can be resolved. */
export class StackTemplate implements Scope {
  readonly #document: TemplateDocument;
  readonly #resources: ReadonlyMap<string, ResourceDocument>;
  readonly #stackName: string;
  readonly #gateUrl: string;

  /**
   * @param options.gateUrl where the queues are reached; it is part of what `Ref` of a queue gives
   * @throws TemplateError when a resource has a type that this stack does not know
   */
  constructor(assembly: Assembly, options: { readonly stackName: string; readonly gateUrl: string }) {
    this.#document = assembly.template;
    this.#stackName = options.stackName;
    this.#gateUrl = options.gateUrl;
    this.#resources = new Map(Object.entries(this.#document.Resources ?? {}).filter(([, it]) => this.#exists(it)));
    for (const [logicalId, { Type }] of this.#resources) {
      if (Object.hasOwn(RESOURCE_TYPES, Type)) continue;
      throw new TemplateError(`${logicalId} is of the type ${Type}, which the local stack does not know`);
    }
  }

  resources(type: string): TemplateResource[] {
    return [...this.#resources]
      .filter(([, { Type }]) => Type === type)
      .map(([logicalId, { Properties: values = {} }]) => {
        const where = `${logicalId} (${type})`;
        const properties = new Properties(resolve(values, this, where), where);
        return { logicalId, identity: this.#identity(logicalId), properties };
      });
  }

  outputs(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.#document.Outputs ?? {})
        .filter(([, output]) => this.#exists(output))
        .map(([name, { Value }]) => [name, String(resolve(Value, this, `the output ${name}`))]),
    );
  }

  ref(logicalId: string): unknown {
    const pseudo = this.#pseudoParameters();
    if (Object.hasOwn(pseudo, logicalId)) return pseudo[logicalId];
    const parameter = this.#document.Parameters?.[logicalId];
    if (parameter === undefined) return this.attribute(logicalId, 'Ref');
    if (parameter.Default === undefined) throw new TemplateError(`The parameter ${logicalId} has no default`);
    return parameter.Default;
  }

  attribute(logicalId: string, name: string): string {
    const value = this.#identity(logicalId)[name];
    if (value === undefined)
      throw new TemplateError(`The local stack does not know the attribute ${logicalId}.${name}`);
    return value;
  }

  condition(name: string): boolean {
    const condition = this.#document.Conditions?.[name];
    if (condition === undefined) throw new TemplateError(`The template has no condition ${name}`);
    return resolve(condition, this, `the condition ${name}`) === true;
  }

  #exists(item: { readonly Condition?: string }): boolean {
    return item.Condition === undefined || this.condition(item.Condition);
  }

  #identity(logicalId: string): Identity {
    const resource = this.#resources.get(logicalId);
    const identify = resource && RESOURCE_TYPES[resource.Type];
    if (identify === undefined)
      throw new TemplateError(`The template has no resource ${logicalId}, which it refers to`);
    return identify({
      stackName: this.#stackName,
      logicalId,
      gateUrl: this.#gateUrl,
      given: (property) => {
        const value = resolve(resource?.Properties?.[property], this, `${logicalId}.${property}`);
        return value === undefined ? undefined : String(value);
      },
    });
  }

  #pseudoParameters(): Record<string, unknown> {
    return {
      'AWS::Region': REGION,
      'AWS::AccountId': ACCOUNT_ID,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': this.#stackName,
      'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${this.#stackName}/local`,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': undefined,
    };
  }
}
