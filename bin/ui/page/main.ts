import { App } from './app.ts';
import { ApiError, beginSession } from './session.ts';

const app = new App();
try {
  await beginSession();
  await app.start();
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  app.fail(error);
}
