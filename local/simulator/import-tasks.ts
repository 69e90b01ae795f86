import { randomUUID } from 'node:crypto';
import { callerOf, visibleImage } from './authentication.ts';
import type { Caller, ImageContext } from './flavour.ts';
import { type Answer, type Call, Fault, type JsonObject, json } from './http.ts';
import { isoSeconds } from './image.ts';
import { type Route, route } from './router.ts';

/** What is kept of one import. */
interface Task {
  readonly id: string;
  readonly owner: string;
  readonly userId: string;
  readonly requestId: string;
  readonly imageId: string;
  readonly input: JsonObject;
  readonly createdAt: string;
  updatedAt: string;
  status: 'processing' | 'success' | 'failure';
  message: string;
}

export type ImportTask = Pick<Task, 'id'>;

/** What a client asks for. */
export interface ImportRequest {
  readonly body: JsonObject;
  readonly stores: readonly string[];
  readonly requestId: string;
}

/** [task] task_time_to_live. */
const TIME_TO_LIVE_MS = 48 * 3600 * 1000;

/** [DEFAULT] limit_param_default and api_limit_max. */
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 1000;

/** The tasks of all imports since the server began, the oldest first. */
export class ImportTasks {
  readonly #tasks: Task[] = [];

  routes(context: ImageContext): Route[] {
    return [
      route('GET', '/v2/images/:id/tasks', (call) => {
        const { id } = visibleImage(context, call);
        return json(200, { tasks: this.#tasks.filter(({ imageId }) => imageId === id).map(rowOf) });
      }),
      route('GET', '/v2/tasks', (call) => this.#list(context, call)),
      route('POST', '/v2/tasks', (call) => this.#create(context, call)),
      route('GET', '/v2/tasks/:task', (call) => this.#show(context, call)),
      route('DELETE', '/v2/tasks/:task', (call) => this.#delete(context, call)),
    ];
  }

  begin(context: ImageContext, caller: Caller, imageId: string, request: ImportRequest): ImportTask {
    const { body, stores, requestId } = request;
    const now = context.clock().toISOString();
    const task: Task = {
      id: randomUUID(),
      owner: caller.projectId,
      userId: caller.userId,
      requestId,
      imageId,
      input: { image_id: imageId, import_req: body, backend: stores },
      createdAt: now,
      updatedAt: now,
      status: 'processing',
      message: '',
    };
    this.#tasks.push(task);
    return task;
  }

  end(context: ImageContext, { id }: ImportTask, status: 'success' | 'failure', message: string): void {
    const updatedAt = context.clock().toISOString();
    Object.assign(this.#tasks.find((task) => task.id === id) ?? {}, { status, message, updatedAt });
  }

  /** The image was taken by another import before this one could begin. */
  forget({ id }: ImportTask): void {
    this.#tasks.splice(
      this.#tasks.findIndex((task) => task.id === id),
      1,
    );
  }

  #list(context: ImageContext, call: Call): Answer {
    requireAdmin(context, call);
    refuseOdd(call.query);
    const { query } = call;
    const status = query.get('status');
    const newestFirst = this.#tasks.toReversed().filter((task) => status === null || task.status === status);
    const marker = query.get('marker');
    const rest = newestFirst.slice(marker === null ? 0 : newestFirst.findIndex(({ id }) => id === marker) + 1);
    const limit = Math.min(Number(query.get('limit') ?? DEFAULT_LIMIT), MAX_LIMIT);
    const page = rest.slice(0, limit);
    const last = page.length === limit ? page.at(-1) : undefined;
    return json(200, {
      tasks: page.map(stubOf),
      first: link(query, undefined),
      schema: '/v2/schemas/tasks',
      ...(last !== undefined && { next: link(query, last.id) }),
    });
  }

  /** A task that a client makes itself was the import of the API's first years. */
  #create(context: ImageContext, call: Call): Answer {
    requireAdmin(context, call);
    throw new Fault(501, 'This simulator has only the tasks of imports that begin at their image.');
  }

  #show(context: ImageContext, call: Call): Answer {
    requireAdmin(context, call);
    const { task: wanted = '' } = call.params;
    const task = this.#tasks.find(({ id }) => id === wanted);
    if (task === undefined) throw new Fault(404, `Could not find task ${wanted}`);
    const { input, message } = task;
    return json(200, { ...stubOf(task), input, message, result: resultOf(task), ...originOf(task) });
  }

  #delete(context: ImageContext, call: Call): Answer {
    requireAdmin(context, call);
    const reason =
      'This operation is currently not permitted on Glance Tasks. They are auto deleted after reaching the time';
    throw new Fault(405, `${reason} based on their expires_at property.`, { headers: { allow: 'GET' } });
  }
}

function requireAdmin(context: ImageContext, call: Call): void {
  if (callerOf(context, call).isAdmin) return;
  throw new Fault(403, 'You are not authorized to complete tasks_api_access action.');
}

const STATUSES = ['pending', 'processing', 'success', 'failure'];

/** @throws Fault 400; `import` is the one type that can be asked for, although no task has it any more */
function refuseOdd(query: URLSearchParams): void {
  const { status, type = 'import', limit = '0', marker = randomUUID() } = Object.fromEntries(query);
  if (status !== undefined && !STATUSES.includes(status)) throw new Fault(400, `Invalid status value: ${status}`);
  if (type !== 'import') throw new Fault(400, `Invalid type value: ${type}`);
  if (!/^\d+$/.test(limit)) throw new Fault(400, 'limit param must be an integer');
  if (!/^[0-9a-f-]{36}$/i.test(marker)) throw new Fault(400, 'Invalid marker format');
}

function stubOf(task: Task): JsonObject {
  const self = `/v2/tasks/${task.id}`;
  const expires = task.status === 'processing' ? {} : { expires_at: isoSeconds(expiryOf(task)) };
  return {
    id: task.id,
    type: 'api_image_import',
    status: task.status,
    owner: task.owner,
    created_at: isoSeconds(task.createdAt),
    updated_at: isoSeconds(task.updatedAt),
    self,
    schema: '/v2/schemas/task',
    ...expires,
  };
}

function originOf({ imageId, requestId, userId }: Task): JsonObject {
  return { image_id: imageId, request_id: requestId, user_id: userId };
}

/** The list of an image's tasks shows them as the database holds them. */
function rowOf(task: Task): JsonObject {
  return {
    id: task.id,
    type: 'api_image_import',
    status: task.status,
    owner: task.owner,
    expires_at: task.status === 'processing' ? null : microseconds(expiryOf(task)),
    created_at: microseconds(task.createdAt),
    updated_at: microseconds(task.updatedAt),
    deleted_at: null,
    deleted: false,
    ...originOf(task),
    input: task.input,
    result: resultOf(task),
    message: task.message,
  };
}

function resultOf({ status, imageId }: Task): JsonObject | null {
  return status === 'success' ? { image_id: imageId } : null;
}

function expiryOf({ updatedAt }: Task): string {
  return new Date(new Date(updatedAt).getTime() + TIME_TO_LIVE_MS).toISOString();
}

function microseconds(time: string): string {
  return time.replace('Z', '000');
}

function link(query: URLSearchParams, marker: string | undefined): string {
  const params = new URLSearchParams(query);
  params.delete('marker');
  if (marker !== undefined) params.set('marker', marker);
  return params.size === 0 ? '/v2/tasks' : `/v2/tasks?${params}`;
}
