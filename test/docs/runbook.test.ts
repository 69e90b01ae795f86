import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ERROR_KINDS } from '../../lambda/model/errors.ts';
import { ImageDropStack } from '../../lib/image-drop-stack.ts';
import { RUNBOOK_SECTIONS } from '../../lib/operator-alarm.ts';
import { appUnderTest, deployed } from '../lib/stack-under-test.ts';

const PAGE = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');

/** As GitHub makes anchors of headings. */
const anchors = Array.from(PAGE.matchAll(/^## (.+)$/gm), ([, heading = '']) =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-'),
);

interface AlarmResource {
  readonly Properties: {
    readonly AlarmDescription: string;
    readonly AlarmActions?: unknown[];
    readonly OKActions?: unknown[];
  };
}
const alarmsOf = (template: Template): AlarmResource[] =>
  Object.values(template.findResources('AWS::CloudWatch::Alarm')) as AlarmResource[];

const linkIn = (description: string): string | undefined => / What to do: (\S+)$/.exec(description)?.[1];

describe('every alarm of the template', () => {
  const targets = { mycloud: { kind: 'glance' }, huawei: { kind: 'ims' } } as const;
  const links = alarmsOf(deployed(() => ({ targets })).template).map(({ Properties }) =>
    linkIn(Properties.AlarmDescription),
  );

  test('leads to a section of the runbook', () => {
    // Four of each stage, four of reconcile, one of each target.
    expect(links).toHaveLength(4 * 4 + 4 + 2);
    for (const link of links) {
      const [page, anchor] = link?.split('#') ?? [];
      expect(page).toBe('docs/runbook.md');
      expect(anchors).toContain(anchor);
    }
  });

  test('has one, and no section is without an alarm', () => {
    const led = new Set(links.map((link) => link?.split('#')[1]));
    expect([...led].sort()).toEqual(Object.values(RUNBOOK_SECTIONS).sort());
    expect(anchors.filter((anchor) => !led.has(anchor))).toEqual(['preparation']);
  });

  test('leads to the copy of the runbook that is named, and tells the topic', () => {
    const { template } = deployed((stack) => ({
      runbookUrl: 'https://wiki.example/imagedrop',
      alarmTopic: new Topic(stack, 'Alarms'),
    }));
    for (const { Properties } of alarmsOf(template)) {
      expect(linkIn(Properties.AlarmDescription)).toMatch(/^https:\/\/wiki\.example\/imagedrop#[a-z-]+$/);
      expect(Properties.AlarmActions).toHaveLength(1);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
    }
  });
});

describe('the commands of the runbook', () => {
  test('ask for outputs that the stack has', () => {
    const stack = new ImageDropStack(appUnderTest(), 'ImageDrop', {
      targets: { mycloud: { kind: 'glance' } },
      cloudsYamlSecret: 'imagedrop/clouds.yaml',
    });
    const outputs = Object.keys(Template.fromStack(stack).toJSON().Outputs);
    const asked = Array.from(PAGE.matchAll(/\$\(output (\w+)\)/g), ([, name]) => name);
    expect(asked.length).toBeGreaterThan(5);
    expect(outputs).toEqual(expect.arrayContaining(asked));
  });

  test('name codes that there are', () => {
    const codes = Array.from(PAGE.matchAll(/^ +\| `([a-z-]+)` \|/gm), ([, code]) => code);
    expect(codes).toHaveLength(5);
    expect(Object.keys(ERROR_KINDS)).toEqual(expect.arrayContaining(codes));
  });
});
