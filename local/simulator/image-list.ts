import { callerOf, membership } from './authentication.ts';
import type { Caller, ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, json } from './http.ts';
import type { StoredImage } from './image.ts';

/** Glance's [DEFAULT] limit_param_default and api_limit_max. */
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 1000;

type SortValue = (image: StoredImage) => string | number;

const SORT_VALUES: Record<string, SortValue> = {
  name: ({ name }) => name ?? '',
  status: ({ status }) => status,
  container_format: ({ containerFormat }) => containerFormat ?? '',
  disk_format: ({ diskFormat }) => diskFormat ?? '',
  size: ({ size }) => size ?? -1,
  id: ({ id }) => id,
  created_at: ({ createdAt }) => createdAt,
  updated_at: ({ updatedAt }) => updatedAt,
};

/** GET /v2/images */
export function listImages(context: ImageContext, call: Call): Answer {
  const caller = callerOf(context, call);
  const wanted = filterOf(call.query, caller, context);
  const sorted = context.store.live().filter(wanted).sort(orderOf(call.query));
  const limit = limitOf(call.query);
  const rest = sorted.slice(startOf(sorted, call.query.get('marker')));
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return json(200, {
    images: page.map((image) => context.flavour.view(image)),
    first: link(call.query, undefined),
    schema: '/v2/schemas/images',
    ...(page.length === limit && last !== undefined ? { next: link(call.query, last.id) } : {}),
  });
}

/** Parameters that do not filter, but say how the list is cut and ordered. */
const PAGING = new Set(['limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'member_status']);

type Wanted = (image: StoredImage) => boolean;

function filterOf(query: URLSearchParams, caller: Caller, context: ImageContext): Wanted {
  const { flavour } = context;
  refuseOdd(query);
  const hidden = query.get('os_hidden')?.toLowerCase() === 'true';
  const filters = [...query].filter(([name]) => !PAGING.has(name) && name !== 'os_hidden');
  const tests = filters.map(([name, value]) => filter(name, value, (image) => flavour.view(image)));
  const listed = listedTo(caller, query);
  return (image) => listed(image) && image.hidden === hidden && tests.every((test) => test(image));
}

const MEMBER_STATUSES = ['pending', 'accepted', 'rejected', 'all'];

/** @throws Fault 400 */
function refuseOdd(query: URLSearchParams): void {
  refuseOther('os_hidden', query.get('os_hidden')?.toLowerCase());
  refuseOther('protected', query.get('protected'));
  const memberStatus = query.get('member_status') ?? 'accepted';
  if (!MEMBER_STATUSES.includes(memberStatus)) throw new Fault(400, `Invalid status: ${memberStatus}`);
  if (query.get('changes-since')) throw new Fault(400, 'The "changes-since" filter is no longer available on v2.');
}

function refuseOther(name: string, value: string | null | undefined): void {
  if (value === null || value === undefined || value === 'true' || value === 'false') return;
  throw new Fault(400, `Invalid value '${value}' for '${name}' filter. Valid values are 'true' or 'false'.`);
}

/** Community images of others are listed only on request, and shared ones by the member's status. */
function listedTo(caller: Caller, query: URLSearchParams): Wanted {
  const askedFor = ['community', 'all'].includes(query.get('visibility') ?? '');
  const memberStatus = query.get('member_status') ?? 'accepted';
  const isMember = (image: StoredImage) => {
    const status = membership(caller, image)?.status;
    return status !== undefined && (memberStatus === 'all' || status === memberStatus);
  };
  return (image) => {
    if (image.owner === caller.projectId) return true;
    if (image.visibility === 'community') return askedFor;
    return caller.isAdmin || image.visibility === 'public' || isMember(image);
  };
}

function filter(name: string, value: string, view: (image: StoredImage) => object): Wanted {
  if (name === 'tag') return ({ tags }) => tags.includes(value.trim());
  if (name === 'visibility') return visibilityFilter(value);
  if (name === 'size_min') return ({ size }) => (size ?? 0) >= Number(value);
  if (name === 'size_max') return ({ size }) => (size ?? 0) <= Number(value);
  const allowed = value.startsWith('in:') ? value.slice('in:'.length).split(',') : [value];
  return (image) => {
    const held = Object.entries(view(image)).find(([property]) => property === name)?.[1];
    return held !== undefined && held !== null && allowed.includes(String(held));
  };
}

function visibilityFilter(value: string): Wanted {
  if (!['community', 'public', 'private', 'shared', 'all'].includes(value)) {
    throw new Fault(400, `Invalid visibility value: ${value}`);
  }
  return ({ visibility }) => value === 'all' || visibility === value;
}

/** "sort=name:asc,size" or pairs of sort_key and sort_dir; the newest first without either. */
function orderOf(query: URLSearchParams): (left: StoredImage, right: StoredImage) => number {
  const keys = [...sortKeys(query), { value: sortValue('created_at'), sign: -1 }, { value: sortValue('id'), sign: -1 }];
  return (left, right) => {
    for (const { value, sign } of keys) {
      const [a, b] = [value(left), value(right)];
      if (a !== b) return a < b ? -sign : sign;
    }
    return 0;
  };
}

function sortKeys(query: URLSearchParams) {
  const sort = query.get('sort');
  const keys = sort === null ? classicKeys(query) : sort.split(',').map((item) => item.split(':'));
  if (sort !== null && (query.has('sort_key') || query.has('sort_dir'))) {
    throw new Fault(400, 'Old and new sorting syntax cannot be combined');
  }
  return keys.map(([key = '', direction = 'desc']) => {
    if (direction !== 'asc' && direction !== 'desc') throw new Fault(400, `Invalid sort direction: ${direction}`);
    return { value: sortValue(key.trim()), sign: direction === 'asc' ? 1 : -1 };
  });
}

function classicKeys(query: URLSearchParams): (string | undefined)[][] {
  const directions = query.getAll('sort_dir');
  const keys = query.has('sort_key') ? query.getAll('sort_key') : ['created_at'];
  if (directions.length > 1 && directions.length !== query.getAll('sort_key').length) {
    throw new Fault(400, 'Number of sort dirs does not match the number of sort keys');
  }
  return keys.map((key, index) => [key, directions[index] ?? directions[0]]);
}

function sortValue(key: string): SortValue {
  const value = Object.hasOwn(SORT_VALUES, key) ? SORT_VALUES[key] : undefined;
  if (value !== undefined) return value;
  throw new Fault(400, `Invalid sort key: ${key}. It must be one of: ${Object.keys(SORT_VALUES).join(', ')}.`);
}

function limitOf(query: URLSearchParams): number {
  const limit = query.get('limit');
  if (limit === null) return DEFAULT_LIMIT;
  if (!/^\d+$/.test(limit)) throw new Fault(400, 'limit param must be a positive integer');
  return Math.min(Number(limit), MAX_LIMIT);
}

function startOf(images: readonly StoredImage[], marker: string | null): number {
  if (marker === null) return 0;
  const at = images.findIndex(({ id }) => id === marker);
  if (at === -1) throw new Fault(400, `No image found with ID ${marker}`);
  return at + 1;
}

function link(query: URLSearchParams, marker: string | undefined): string {
  const params = new URLSearchParams(query);
  params.delete('marker');
  if (marker !== undefined) params.set('marker', marker);
  return params.size === 0 ? '/v2/images' : `/v2/images?${params}`;
}
