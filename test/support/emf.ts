/** Lines in the embedded metric format, as CloudWatch reads them. */
export interface EmfLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

export interface WrittenMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

/** The line where it is one of metrics. */
export function emfLine(line: string): EmfLine | undefined {
  if (!line.startsWith('{')) return undefined;
  const document = JSON.parse(line);
  return document._aws === undefined ? undefined : document;
}

/** What CloudWatch makes of a line: one metric for each name and set of dimensions. */
export function metricsIn(line: EmfLine): WrittenMetric[] {
  return line._aws.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name: name, Unit: unit }) => ({
        namespace,
        name,
        unit,
        dimensions: Object.fromEntries(names.map((each) => [each, String(line[each])])),
        values: [line[name]].flat().map(Number),
      })),
    ),
  );
}
