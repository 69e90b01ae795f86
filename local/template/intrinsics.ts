import { TemplateError } from './properties.ts';

/** What the intrinsic functions of one template refer to. */
export interface Scope {
  /** @returns undefined for AWS::NoValue */
  ref(logicalId: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean;
}

/**
 * Replaces the intrinsic functions in a value of the template by what they stand for
 * (AWS CloudFormation template reference, "Intrinsic function reference").
 *
 * @param where names the place in errors
 * @returns undefined where the value is AWS::NoValue
 * @throws TemplateError for a function that is not known here
 */
export function resolve(value: unknown, scope: Scope, where: string): unknown {
  if (Array.isArray(value))
    return value.map((item) => resolve(item, scope, where)).filter((item) => item !== undefined);
  if (typeof value === 'string') return withoutDynamicReference(value, where);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && isFunctionName(only[0])) {
    return callFunction(only[0], only[1], { scope, where });
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, resolve(item, scope, where)]).filter(([, item]) => item !== undefined),
  );
}

interface Place {
  readonly scope: Scope;
  readonly where: string;
}

const isFunctionName = (key: string): boolean => key === 'Ref' || key === 'Condition' || key.startsWith('Fn::');

const FUNCTIONS: Readonly<Record<string, (argument: unknown, place: Place) => unknown>> = {
  Ref: (argument, { scope, where }) => scope.ref(string(argument, where)),
  Condition: (argument, { scope, where }) => scope.condition(string(argument, where)),
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Sub': substitute,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::If': choose,
  'Fn::Equals': (argument, place) => {
    const [left, right] = resolvedList(argument, place);
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::And': (argument, place) => resolvedList(argument, place).every(Boolean),
  'Fn::Or': (argument, place) => resolvedList(argument, place).some(Boolean),
  'Fn::Not': (argument, place) => !resolvedList(argument, place)[0],
  'Fn::ImportValue': (argument, { where }) => {
    throw new TemplateError(
      `${where} imports ${JSON.stringify(argument)} from another stack; only one stack runs here`,
    );
  },
};

function callFunction(name: string, argument: unknown, place: Place): unknown {
  const call = FUNCTIONS[name];
  if (call === undefined) throw new TemplateError(`${place.where} uses ${name}, which the local stack does not know`);
  return call(argument, place);
}

function getAtt(argument: unknown, { scope, where }: Place): unknown {
  const [logicalId, ...name] = typeof argument === 'string' ? argument.split('.') : list(argument, where);
  return scope.attribute(string(logicalId, where), name.map((part) => string(part, where)).join('.'));
}

function join(argument: unknown, place: Place): string {
  const [separator, items] = resolvedList(argument, place);
  return list(items, place.where)
    .map((item) => string(item, place.where))
    .join(string(separator, place.where));
}

function split(argument: unknown, place: Place): string[] {
  const [separator, text] = resolvedList(argument, place);
  return string(text, place.where).split(string(separator, place.where));
}

function select(argument: unknown, place: Place): unknown {
  const [index, items] = resolvedList(argument, place);
  const item = list(items, place.where)[Number(index)];
  if (item === undefined) throw new TemplateError(`${place.where} selects item ${String(index)}, which is not there`);
  return item;
}

function choose(argument: unknown, { scope, where }: Place): unknown {
  const [condition, whenTrue, whenFalse] = list(argument, where);
  return resolve(scope.condition(string(condition, where)) ? whenTrue : whenFalse, scope, where);
}

/** `${Name}`, `${Name.Attribute}`; `${!Text}` stays as `${Text}`. */
function substitute(argument: unknown, { scope, where }: Place): string {
  const [text, given] = Array.isArray(argument) ? argument : [argument];
  const variables = resolve(given ?? {}, scope, where) as Record<string, unknown>;
  return string(text, where).replaceAll(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
    if (literal !== '') return `\${${name}}`;
    if (name in variables) return string(variables[name], where);
    const [logicalId, ...attribute] = name.trim().split('.');
    const found =
      attribute.length === 0 ? scope.ref(name.trim()) : scope.attribute(String(logicalId), attribute.join('.'));
    return string(found, where);
  });
}

function resolvedList(argument: unknown, { scope, where }: Place): unknown[] {
  return list(resolve(list(argument, where), scope, where), where);
}

function list(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TemplateError(`${where} has ${JSON.stringify(value)} where an intrinsic function takes a list`);
}

function string(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`${where} has ${JSON.stringify(value)} where an intrinsic function takes text`);
}

function withoutDynamicReference(text: string, where: string): string {
  if (!text.includes('{{resolve:')) return text;
  throw new TemplateError(`${where} has the dynamic reference ${text}, which the local stack does not know`);
}
