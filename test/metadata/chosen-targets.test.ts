import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chosenTargets } from '../../lambda/metadata/chosen-targets.ts';

const KNOWN = ['mycloud', 'other', 'huawei'];
const choice = (targets: string) => chosenTargets({ targets, name: 'An image' }, KNOWN);

describe('the targets that a drop goes to', () => {
  test('are all of them where it names none', () => {
    expect(chosenTargets({ name: 'An image', target: 'other' }, KNOWN)).toEqual({});
  });

  test.each([
    ['other', ['other']],
    ['huawei,mycloud', ['huawei', 'mycloud']],
    [' huawei , mycloud ', ['huawei', 'mycloud']],
    ['mycloud,other,huawei', KNOWN],
  ])('are those that it names: %j', (said, targets) => {
    expect(choice(said)).toEqual({ targets });
  });

  test.each([
    ['', 'names no target; there is mycloud, other, huawei.'],
    [' , ', 'names no target; there is mycloud, other, huawei.'],
    ['mycloud,', 'has a comma with no name beside it; there is'],
    ['mycloud,,other', 'has a comma with no name beside it; there is'],
    ['other,mycloud,other', 'names "other" twice; there is'],
    ['mycloud,ohter', 'names "ohter", which is not a target of this stack; there is mycloud, other, huawei.'],
    ['Mycloud', 'names "Mycloud", which is not a target'],
    ['mycloud;other', 'names "mycloud;other", which is not a target'],
    ['=?UTF-8?B?R3LDtsOfZQ==?=', 'has letters beyond ASCII; there is mycloud, other, huawei.'],
    ['=?UTF-8?Q?Gr=C3=B6=C3=9Fe,mycloud?=', 'has letters beyond ASCII; there is'],
  ])('are not guessed where it says %j', (said, words) => {
    expect(choice(said)).toEqual({ refusal: expect.objectContaining({ code: 'bad-metadata', retryable: false }) });
    expect(choice(said).refusal?.message).toContain(`x-amz-meta-targets ${words}`);
    expect(choice(said).refusal?.nextStep).toContain('Drop the image again with the names of targets that there are');
  });

  test('are what it names, whatever that is, where no one knows which there are', () => {
    expect(chosenTargets({ targets: 'elsewhere' }, undefined)).toEqual({ targets: ['elsewhere'] });
    const { refusal } = chosenTargets({ targets: 'elsewhere,elsewhere' }, undefined);
    expect(refusal?.message).toBe('x-amz-meta-targets names "elsewhere" twice.');
  });

  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);

  test('come back as they were written, in any order and with any spaces', () => {
    const written = fc
      .uniqueArray(name, { minLength: 1, maxLength: 12 })
      .chain((known) =>
        fc.tuple(fc.constant(known), fc.shuffledSubarray(known, { minLength: 1 }), fc.constantFrom(',', ', ', ' , ')),
      );
    fc.assert(
      fc.property(written, ([known, chosen, comma]) => {
        expect(chosenTargets({ targets: chosen.join(comma) }, known)).toEqual({ targets: chosen });
      }),
    );
  });

  test('are targets of the stack, each once, or there is a refusal that names the header and what there is', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.constantFrom(...KNOWN), fc.string())), (words) => {
        const { targets, refusal } = choice(words.join(','));
        expect(targets === undefined).toBe(refusal !== undefined);
        if (targets === undefined)
          expect(refusal?.message).toMatch(/^x-amz-meta-targets .+; there is mycloud, other, huawei\.$/);
        else expect(KNOWN.filter((known) => targets.includes(known))).toHaveLength(targets.length);
      }),
    );
  });
});
