/** What the page shows: the list, or one drop. */
export type Route = { readonly view: 'list' } | { readonly view: 'drop'; readonly record: string };

const DROP = '#/drop/';

export const dropPath = (record: string): string => `${DROP}${encodeURIComponent(record)}`;

/** @param hash of the address; an unknown one shows the list */
export function routeOf(hash: string): Route {
  if (!hash.startsWith(DROP)) return { view: 'list' };
  try {
    return { view: 'drop', record: decodeURIComponent(hash.slice(DROP.length)) };
  } catch (error) {
    if (error instanceof URIError) return { view: 'list' };
    throw error;
  }
}
