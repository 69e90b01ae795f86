import { callerOf, mayChange, visibleImage } from './authentication.ts';
import type { Caller, ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, isObject, type JsonObject, json, readJson } from './http.ts';
import { isoSeconds, type Member, type MemberStatus, type StoredImage } from './image.ts';
import { type Route, route } from './router.ts';

const STATUSES: readonly MemberStatus[] = ['pending', 'accepted', 'rejected'];

/** The projects that an image is shared with (Image API v2, "Sharing"). */
export function memberRoutes(context: ImageContext): Route[] {
  return [
    route('GET', '/v2/images/:id/members', (call) => listMembers(context, call)),
    route('POST', '/v2/images/:id/members', (call) => addMember(context, call)),
    route('GET', '/v2/images/:id/members/:member', (call) => showMember(context, call)),
    route('PUT', '/v2/images/:id/members/:member', (call) => answerAsMember(context, call)),
    route('DELETE', '/v2/images/:id/members/:member', (call) => removeMember(context, call)),
  ];
}

function listMembers(context: ImageContext, call: Call): Answer {
  const image = sharedImage(context, call);
  const members = seenBy(callerOf(context, call), image).map((member) => view(image, member));
  return json(200, { members, schema: '/v2/schemas/members' });
}

async function addMember(context: ImageContext, call: Call): Promise<Answer> {
  const id = await wordOf(call, 'member', 'Member to be added not specified');
  if (id === '') throw new Fault(400, "Member can't be empty");
  const image = sharedImage(context, call);
  if (!mayChange(callerOf(context, call), image)) throw forbidden('create', image);
  const members = image.members ?? [];
  if (members.some((member) => member.id === id)) {
    throw new Fault(409, `Member ${id} is duplicated for image ${image.id}`);
  }
  const now = context.clock().toISOString();
  const member: Member = { id, status: 'pending', createdAt: now, updatedAt: now };
  await save(context, image, [...members, member]);
  return json(200, view(image, member));
}

/** What is forbidden elsewhere does not exist here, so that no caller learns of it. */
function showMember(context: ImageContext, call: Call): Answer {
  const image = visibleImage(context, call);
  if (image.visibility !== 'shared') throw new Fault(404, 'Only shared images have members.');
  return json(200, view(image, findMember(context, call, image)));
}

/** Whether it takes the image is for the member to say, and not for the owner. */
async function answerAsMember(context: ImageContext, call: Call): Promise<Answer> {
  const given = await wordOf(call, 'status', 'Status not specified');
  const image = sharedImage(context, call);
  const { isAdmin, projectId } = callerOf(context, call);
  if (!isAdmin && image.owner === projectId) throw forbidden('update', image);
  const member = findMember(context, call, image);
  const status = STATUSES.find((known) => known === given);
  if (status === undefined)
    throw new Fault(400, 'Incorrect request: Status must be "pending", "accepted" or "rejected".');
  const changed = { ...member, status, updatedAt: context.clock().toISOString() };
  await save(context, image, image.members?.map((each) => (each === member ? changed : each)) ?? []);
  return json(200, view(image, changed));
}

async function removeMember(context: ImageContext, call: Call): Promise<Answer> {
  const image = sharedImage(context, call);
  if (!mayChange(callerOf(context, call), image)) throw forbidden('delete', image);
  const member = findMember(context, call, image);
  await save(context, image, image.members?.filter((each) => each !== member) ?? []);
  return { status: 204 };
}

/** @throws Fault 404 as visibleImage, 403 for another visibility */
function sharedImage(context: ImageContext, call: Call): StoredImage {
  const image = visibleImage(context, call);
  if (image.visibility === 'shared') return image;
  throw new Fault(403, `Not allowed to list members for image ${image.id}: Only shared images have members.`);
}

/** A member sees itself only. */
function seenBy(caller: Caller, image: StoredImage): readonly Member[] {
  const members = image.members ?? [];
  return mayChange(caller, image) ? members : members.filter(({ id }) => id === caller.projectId);
}

function findMember(context: ImageContext, call: Call, image: StoredImage): Member {
  const { member: wanted = '' } = call.params;
  const found = seenBy(callerOf(context, call), image).find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  throw new Fault(404, `${wanted} not found in the member list of the image ${image.id}.`);
}

async function wordOf(call: Call, name: string, missing: string): Promise<string> {
  const body = await readJson(call);
  if (!isObject(body)) throw new Fault(400, `Expected a document with the field ${name}.`);
  if (body[name] === undefined) throw new Fault(400, missing);
  return String(body[name]);
}

async function save({ store }: ImageContext, { id, status }: StoredImage, members: readonly Member[]): Promise<void> {
  if ((await store.change(id, status, { members })) === undefined) throw new Fault(404, `Image ${id} not found.`);
}

function forbidden(what: string, { id }: StoredImage): Fault {
  return new Fault(403, `Not allowed to ${what} members for image ${id}.`);
}

function view(image: StoredImage, { id, status, createdAt, updatedAt }: Member): JsonObject {
  return {
    member_id: id,
    image_id: image.id,
    status,
    created_at: isoSeconds(createdAt),
    updated_at: isoSeconds(updatedAt),
    schema: '/v2/schemas/member',
  };
}
