import type { DropPlace } from '../endpoints/endpoint.ts';
import type { DropRecord } from '../model/record.ts';
import type { StepDependencies } from './ports.ts';
import { targetOf } from './target-of.ts';

/** What an endpoint may want to know of a drop before it says how it takes it. */
export function dropPlace(
  record: Pick<DropRecord, 'drop' | 'target' | 'measured'>,
  deps: StepDependencies,
): DropPlace & { readonly isStaging: boolean } {
  const { bucket, key } = record.drop;
  return {
    key,
    isStaging: deps.staging.holds(targetOf(record, deps.targets), bucket),
    has: async (other) => (await deps.objects.head(bucket, other)) !== undefined,
    ...(record.measured && { measured: record.measured }),
  };
}
