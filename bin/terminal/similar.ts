/** The word of a list that a mistyped word is most probably meant to be; undefined where none is near. */
function similarTo(word: string, known: readonly string[]): string | undefined {
  const near = known
    .map((each) => ({ each, distance: each.startsWith(word) ? 0 : distanceOf(word, each) }))
    .filter(({ each, distance }) => distance <= Math.max(1, Math.floor(each.length / 3)));
  return near.toSorted((one, other) => one.distance - other.distance)[0]?.each;
}

/** Characters to add, leave out or replace (Levenshtein), by rows of its table. */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (const [i, character] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j += 1) {
      const replaced = (row[j] ?? 0) + (character === other[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}

/** " Did you mean `drop`?" */
export function didYouMean(word: string, known: readonly string[]): string {
  const similar = similarTo(word, known);
  return similar === undefined ? '' : ` Did you mean \`${similar}\`?`;
}
