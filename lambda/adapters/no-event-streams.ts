/**
 * Takes the place of @smithy/core/event-streams in the bundles (lib/bundling/settings.ts): S3's client needs it for one
 * operation, SelectObjectContent, which nothing here asks for.
 */
import { absent } from './absent.ts';

export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

/** @throws Error when it is called after all */
export const eventStreamSerdeProvider = absent('event streams');

export { eventStreamSerdeProvider as EventStreamSerde };
