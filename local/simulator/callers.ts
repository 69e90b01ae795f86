import { idOf } from './accounts.ts';
import type { Caller, ImageContext } from './flavour.ts';
import { type Call, Fault } from './http.ts';
import type { Member, StoredImage } from './image.ts';

/**
 * Who makes this request. Asked once, when the request begins: a token that expires later does no harm to it.
 * @throws Fault 401 without a valid token, 403 with one that is valid for no project
 */
export function callerOf(context: ImageContext, call: Call): Caller {
  const token = context.tokens.find(call.header('x-auth-token'));
  if (token === undefined) throw new Fault(401, 'The request you have made requires authentication.');
  if (token.project === undefined) throw new Fault(403, 'The token is not scoped to a project.');
  const isAdmin = token.roles.includes('admin');
  return { userId: idOf('user', token.user), projectId: idOf('project', token.project), isAdmin };
}

function maySee(caller: Caller, image: StoredImage): boolean {
  const isForAll = image.owner === null || image.visibility === 'public' || image.visibility === 'community';
  return isForAll || mayChange(caller, image) || membership(caller, image) !== undefined;
}

/** The membership by which the caller's project may see an image of another one. */
export function membership({ projectId }: Caller, { visibility, members = [] }: StoredImage): Member | undefined {
  return visibility === 'shared' ? members.find(({ id }) => id === projectId) : undefined;
}

/** @throws Fault 404 when it is unknown, deleted or another project's own */
export function visibleImage(context: ImageContext, call: Call): StoredImage {
  const caller = callerOf(context, call);
  const { id = '' } = call.params;
  const image = context.store.find(id);
  if (image === undefined || image.status === 'deleted' || !maySee(caller, image)) {
    throw new Fault(404, `No image found with ID ${id}`);
  }
  return image;
}

/** @throws Fault 404 as visibleImage, 403 when the caller may only look at it */
export function ownImage(context: ImageContext, call: Call): StoredImage {
  const image = visibleImage(context, call);
  if (!mayChange(callerOf(context, call), image)) {
    throw new Fault(403, 'You are not permitted to modify this image.');
  }
  return image;
}

export function mayChange(caller: Caller, image: StoredImage): boolean {
  return caller.isAdmin || image.owner === caller.projectId;
}
