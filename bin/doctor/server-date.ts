import type { HeadBucketCommand } from '@aws-sdk/client-s3';

/** Has the Date of an answer kept, whatever else the answer says. @returns what gives it once there was an answer */
export function keepDate({ middlewareStack }: HeadBucketCommand): () => string | undefined {
  let date: string | undefined;
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Record<string, string> };
      date = headers.date;
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'keepDate' },
  );
  return () => date;
}
