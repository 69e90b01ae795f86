import type { DropSummary } from '../summary.ts';
import { GROUPS, type Group, isOfGroup } from './statuses.ts';

/** What the list shows, and in which order. */
export interface View {
  readonly group: Group;
  /** Words that all have to be found, in any order. */
  readonly query: string;
  readonly sort: SortKey;
  readonly descending: boolean;
}

const SORT_KEYS = ['status', 'name', 'size', 'age'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

interface Item {
  readonly summary: DropSummary;
  /** All that can be searched, in lower case. */
  readonly text: string;
  readonly values: Readonly<Record<SortKey, string | number>>;
}

/** The order of the work, what needs somebody first. */
const STATUS_ORDER = ['failed', 'received', 'unpacking', 'created', 'uploading', 'processing', 'active', 'superseded'];

/** What the page knows of all drops. */
export class DropStore {
  readonly #items = new Map<string, Item>();
  #view: View | undefined;
  #shown: readonly DropSummary[] | undefined;
  #counts: Readonly<Record<Group, number>> | undefined;
  #newest: ReadonlySet<Item> | undefined;

  get size(): number {
    return this.#items.size;
  }

  get(record: string): DropSummary | undefined {
    return this.#items.get(record)?.summary;
  }

  /** Whether a version of an object has a record, at any target. */
  hasDrop(key: string, dropId: string): boolean {
    return Array.from(this.#items.values()).some(({ summary }) => summary.key === key && summary.dropId === dropId);
  }

  /** @returns those that are new or have another status */
  apply(changed: readonly DropSummary[], removed: readonly string[]): DropSummary[] {
    const moved = changed.filter(({ record, status }) => this.get(record)?.status !== status);
    for (const summary of changed) this.#items.set(summary.record, itemOf(summary));
    for (const record of removed) this.#items.delete(record);
    this.#forget();
    return moved;
  }

  clear(): void {
    this.#items.clear();
    this.#forget();
  }

  counts(): Readonly<Record<Group, number>> {
    this.#counts ??= this.#count();
    return this.#counts;
  }

  /** The same list until something changes. */
  shown(view: View): readonly DropSummary[] {
    if (this.#shown === undefined || JSON.stringify(view) !== JSON.stringify(this.#view)) {
      this.#view = view;
      this.#shown = this.#select(view);
    }
    return this.#shown;
  }

  #select({ group, query, sort, descending }: View): DropSummary[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const items = this.#itemsOf(group).filter(({ text }) => words.every((word) => text.includes(word)));
    const sign = descending ? -1 : 1;
    items.sort((a, b) => sign * compare(a.values[sort], b.values[sort]) || compare(a.values.age, b.values.age));
    return items.map(({ summary }) => summary);
  }

  #count(): Readonly<Record<Group, number>> {
    const counts = GROUPS.map((group): [Group, number] => [group, this.#itemsOf(group).length]);
    return Object.fromEntries(counts) as Record<Group, number>;
  }

  #itemsOf(group: Group): readonly Item[] {
    this.#newest ??= newestOf(this.#items.values());
    if (group !== 'earlier') return [...this.#newest].filter(({ summary }) => isOfGroup(summary.status, group));
    return Array.from(this.#items.values()).filter((item) => !this.#newest?.has(item));
  }

  #forget(): void {
    this.#shown = undefined;
    this.#counts = undefined;
    this.#newest = undefined;
  }
}

/** Of each key at each target, the drop that came last, as in records/drops.ts. Browsers get no modules of the commands. */
function newestOf(items: Iterable<Item>): ReadonlySet<Item> {
  const newest = new Map<string, Item>();
  for (const item of items) {
    const { key, target, droppedAt } = item.summary;
    const place = JSON.stringify([key, target]);
    const before = newest.get(place);
    if (before === undefined || before.summary.droppedAt <= droppedAt) newest.set(place, item);
  }
  return new Set(newest.values());
}

function itemOf(summary: DropSummary): Item {
  const { key, target, status, format = '', imageId = '', imageName = '', error, droppedAt, size } = summary;
  const words = [key, target, status, format, imageId, imageName, error?.code ?? '', error?.message ?? ''];
  return {
    summary,
    text: words.join(' ').toLowerCase(),
    values: {
      status: STATUS_ORDER.indexOf(status),
      name: key.toLowerCase(),
      size,
      // The youngest first, as ages go.
      age: -Date.parse(droppedAt),
    },
  };
}

function compare(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
