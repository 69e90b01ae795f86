import { describe, expect, test } from '@jest/globals';
import { METRICS, type MetricName } from '../../lambda/model/metrics.ts';
import { dashboardIn, searchIn } from './dashboard-body.ts';
import { deployed } from './stack-under-test.ts';

const TARGETS = { mycloud: { kind: 'glance' }, huawei: { kind: 'ims' } } as const;
const built = deployed(() => ({ targets: TARGETS }));
const dashboard = dashboardIn(built.template);
const ours = dashboard.metrics.filter(({ namespace }) => namespace === 'ImageDrop');
const searches = dashboard.expressions.flatMap((shown) => searchIn(shown) ?? []);

describe('the dashboard', () => {
  test('asks for metrics under the dimensions that the functions write them with', () => {
    for (const { name, dimensions } of ours) {
      expect(Object.keys(dimensions)).toEqual(['service', ...METRICS[name as MetricName].dimensions]);
      expect(dimensions.service).toBe('imagedrop');
    }
    for (const { namespace, dimensions, wanted } of searches) {
      expect(namespace).toBe('ImageDrop');
      expect(dimensions).toEqual(['service', ...METRICS[wanted.MetricName as MetricName].dimensions]);
    }
  });

  test.each(Object.keys(TARGETS))('shows every metric of the target %s', (target) => {
    const shown = [
      ...ours.filter(({ dimensions }) => dimensions.target === target).map(({ name }) => name),
      ...searches.filter(({ wanted }) => wanted.target === target).map(({ wanted }) => wanted.MetricName),
    ];
    const ofTargets = Object.entries(METRICS).filter(([, { dimensions }]) =>
      dimensions.some((name) => name === 'target'),
    );
    expect([...new Set(shown)].sort()).toEqual(ofTargets.map(([name]) => name).sort());
  });

  test('shows the items of reconcile that failed', () => {
    expect(ours.map(({ name }) => name)).toContain('ReconcileErrors');
  });

  test('shows queues, functions, logs and buckets of the stack, and no others', () => {
    const resources = built.template.toJSON().Resources;
    const typeOf: Record<string, string> = {
      QueueName: 'AWS::SQS::Queue',
      FunctionName: 'AWS::Lambda::Function',
      LogGroupName: 'AWS::Logs::LogGroup',
      BucketName: 'AWS::S3::Bucket',
    };
    const shown = dashboard.metrics.filter(({ namespace }) => namespace.startsWith('AWS/'));
    const named = shown.flatMap(({ dimensions }) => Object.entries(dimensions));
    const names = named.filter(([dimension]) => dimension !== 'StorageType');
    for (const [dimension, value] of names) {
      const id = Object.keys(resources).find((each) => value === each);
      // A name that is an attribute of the resource is written as its queue, without a Ref.
      if (id !== undefined) expect(resources[id].Type).toBe(typeOf[dimension]);
      expect([dimension, value]).toEqual([dimension, expect.stringMatching(/\w/)]);
    }
    expect(new Set(names.map(([dimension]) => dimension))).toEqual(new Set(Object.keys(typeOf)));
  });

  test('estimates the cost by the prices that are given', () => {
    const cost = (one: ReturnType<typeof dashboardIn>) =>
      one.expressions.map(({ expression }) => expression).filter((expression) => expression.startsWith('FILL'));
    expect(cost(dashboard)).toHaveLength(5);
    const prices = { sqsMillionRequests: 7_000_000 };
    const own = dashboardIn(deployed(() => ({ dashboard: { prices } })).template);
    expect(cost(own).filter((expression) => expression.includes(' * 7.0'))).toHaveLength(1);
  });

  test('has the name that is given, leads to the runbook, and can be left out', () => {
    const own = deployed(() => ({ dashboard: { name: 'images' }, runbookUrl: 'https://wiki.example/runbook' }));
    own.template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'images' });
    expect(dashboardIn(own.template).markdown).toContain('https://wiki.example/runbook');
    const none = deployed(() => ({ dashboard: false }));
    none.template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    expect(none.drop.dashboard).toBeUndefined();
  });

  test('follows the namespace of the metrics, and so do the functions and the alarm of a target', () => {
    const own = deployed(() => ({ metricsNamespace: 'Images/Test' }));
    const { metrics, expressions } = dashboardIn(own.template);
    expect(metrics.filter(({ namespace }) => namespace === 'Images/Test')).not.toEqual([]);
    expect(metrics.filter(({ namespace }) => namespace === 'ImageDrop')).toEqual([]);
    expect(expressions.flatMap((shown) => searchIn(shown)?.namespace ?? [])).toEqual(Array(3).fill('Images/Test'));
    own.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { POWERTOOLS_METRICS_NAMESPACE: 'Images/Test' } },
    });
    own.template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'Images/Test' });
  });
});
