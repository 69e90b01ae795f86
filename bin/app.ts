/** The CDK app as `cdk` runs it: with the checks of cdk-nag. */
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { buildApp } from './build-app.ts';

buildApp((app) => Validations.of(app).addPlugins(new AwsSolutionsChecks(app)));
