/** The CDK app as the stack on one machine runs it: the same stack, which was checked before it was packed. */
import { buildApp } from './build-app.ts';

buildApp();
