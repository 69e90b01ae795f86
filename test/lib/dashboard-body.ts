import type { Template } from 'aws-cdk-lib/assertions';

/** A metric of a widget: by name and dimensions, or by an expression. */
export interface ShownMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface ShownExpression {
  readonly expression: string;
}

interface Widget {
  readonly type: string;
  readonly properties: { readonly title?: string; readonly markdown?: string; readonly metrics?: readonly unknown[][] };
}

export interface Dashboard {
  readonly titles: readonly string[];
  readonly markdown: string;
  readonly metrics: readonly ShownMetric[];
  readonly expressions: readonly ShownExpression[];
}

/** The one dashboard of a template, references written as their logical ids. */
export function dashboardIn(template: Pick<Template, 'findResources'>): Dashboard {
  const [resource, ...others] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  if (resource === undefined || others.length > 0) throw new Error('There is not exactly one dashboard.');
  const { widgets }: { widgets: Widget[] } = JSON.parse(text(resource.Properties.DashboardBody));
  const rows = widgets.flatMap(({ properties }) => properties.metrics ?? []);
  return {
    titles: widgets.flatMap(({ properties }) => properties.title ?? []),
    markdown: widgets.flatMap(({ properties }) => properties.markdown ?? []).join('\n'),
    metrics: rows.filter(([first]) => typeof first === 'string').map(shownMetric),
    expressions: rows.flatMap(([first]) => (isExpression(first) ? [first] : [])),
  };
}

/** `[namespace, name, dimension, value, …, rendering]` (CloudWatch user guide, "Dashboard body structure and syntax"). */
function shownMetric(row: readonly unknown[]): ShownMetric {
  const [namespace, name, ...rest] = row.filter((each) => typeof each === 'string');
  const pairs = rest.flatMap((each, index) => (index % 2 === 0 ? [[each, rest[index + 1]]] : []));
  return { namespace: String(namespace), name: String(name), dimensions: Object.fromEntries(pairs) };
}

const isExpression = (value: unknown): value is ShownExpression =>
  typeof value === 'object' && value !== null && 'expression' in value;

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  return join === undefined ? String(Ref) : join[1].map(text).join(join[0]);
}

/** Namespace, dimensions and terms of `SEARCH('{namespace,dimension,…} name="value" …', …)`. */
export function searchIn({ expression }: ShownExpression) {
  const { schema, terms = '' } = /^SEARCH\('\{(?<schema>[^}]+)\} (?<terms>[^']*)'/.exec(expression)?.groups ?? {};
  if (schema === undefined) return undefined;
  const [namespace = '', ...dimensions] = schema.split(',');
  const wanted = Object.fromEntries(Array.from(terms.matchAll(/(\w+)="([^"]*)"/g), ([, name, value]) => [name, value]));
  return { namespace, dimensions, wanted: wanted as Record<string, string> };
}
