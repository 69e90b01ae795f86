// A server in a process of its own, for the test that kills it. Prints its endpoint.
import { startS3Server } from '../../../../local/s3/server.ts';
import { OPERATOR } from './local-s3.ts';

const [, , folder = ''] = process.argv;
const { endpoint } = await startS3Server({
  folder,
  buckets: [{ name: 'plain', versioned: false, notifications: [] }],
  access: { principal: () => OPERATOR, allows: () => true },
  notify: () => undefined,
});
process.stdout.write(endpoint);
