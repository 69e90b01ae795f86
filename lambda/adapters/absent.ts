/**
 * What stands in the bundles for a part of a package to which no function comes (lib/bundling/without.ts): a function, or a
 * class, that says what is missing when it is called after all.
 */
export function absent(what: string) {
  return function absentPart(): never {
    throw new Error(`The functions of imagedrop are bundled without ${what}.`);
  };
}
