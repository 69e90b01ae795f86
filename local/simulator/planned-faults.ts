import { type Call, Fault } from './http.ts';
import { pathPattern } from './router.ts';

/** The calls of IMS that can be made to fail; `run-job` is not a call but the work of an accepted job. */
export type ImsCall = keyof typeof CALLS | 'run-job';

/** Something that goes wrong at IMS. */
export interface PlannedFault {
  readonly call: ImsCall;
  /** `IMG.0061` and the like; one that begins with `APIGW` comes from the gateway, in its words. */
  readonly code: string;
  /** How many calls of this kind fail, from the start of the simulator on. @default 1 */
  readonly times?: number;
  /** HTTP status. @default 400; 429 for the gateway, whose commonest refusal is that of too many requests */
  readonly status?: number;
}

const CALLS = {
  create: ['POST /v2/images'],
  list: ['GET /v2/images'],
  show: ['GET /v2/images/:id'],
  delete: ['DELETE /v2/images/:id'],
  upload: ['PUT /v2/images/:id/file'],
  register: ['PUT /v1/cloudimages/:id/upload'],
  'fast-import': ['POST /v2/cloudimages/quickimport/action'],
  job: ['GET /v1/:project/jobs/:id', 'GET /v1/cloudimages/job/:id'],
  quota: ['GET /v1/cloudimages/quota'],
} as const;

const PATTERNS = Object.entries(CALLS).map(([kind, routes]) => ({
  kind: kind as ImsCall,
  patterns: routes.map(pathPattern),
}));

/** Faults that wait for their call; those of one kind come one after the other. */
export class PlannedFaults {
  readonly #waiting: { readonly call: ImsCall; readonly fault: Fault }[];

  constructor(planned: readonly PlannedFault[]) {
    this.#waiting = planned.flatMap(({ call, times = 1, ...how }) =>
      Array.from({ length: times }, () => ({ call, fault: faultOf(how) })),
    );
  }

  /** @throws Fault when one waits for such a call */
  meet(call: Call): void {
    const asked = `${call.method} ${call.path}`;
    for (const { kind, patterns } of PATTERNS) {
      if (patterns.some((pattern) => pattern.test(asked))) this.meetKind(kind);
    }
  }

  /** @throws Fault when one waits for this kind of call */
  meetKind(kind: ImsCall): void {
    const index = this.#waiting.findIndex(({ call }) => call === kind);
    const [met] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (met !== undefined) throw met.fault;
  }
}

function faultOf({ code, status }: Omit<PlannedFault, 'call' | 'times'>): Fault {
  const usual = code.startsWith('APIGW') ? 429 : 400;
  return new Fault(status ?? usual, `The simulator is set to answer ${code}.`, { code });
}
