import { messageOf } from '../../lambda/model/errors.ts';
import { adviceOn } from '../terminal/advice.ts';

/** The result of one check; `imagedrop doctor --json` prints a list of these. */
export interface Finding {
  /** What is looked at: the stack, or a cloud. */
  readonly area: string;
  readonly check: string;
  /** `warning`: it works, but somebody should look. `skipped`: it could not be looked at. */
  readonly outcome: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  readonly nextStep?: string;
}

export type Verdict = Omit<Finding, 'area' | 'check'>;

export const ok = (detail: string): Verdict => ({ outcome: 'ok', detail });
export const warning = (detail: string, nextStep: string): Verdict => ({ outcome: 'warning', detail, nextStep });
export const failed = (detail: string, nextStep: string): Verdict => ({ outcome: 'failed', detail, nextStep });
export const skipped = (detail: string, nextStep?: string): Verdict => ({
  outcome: 'skipped',
  detail,
  ...(nextStep !== undefined && { nextStep }),
});

/** What is wrong, in the words of what was thrown. */
export function verdictOnError(error: unknown, outcome: 'failed' | 'warning' = 'failed'): Verdict {
  const nextStep = adviceOn(error);
  return {
    outcome,
    detail: messageOf(error) || 'It failed without a word.',
    ...(nextStep !== undefined && { nextStep }),
  };
}

/** Checks of one area. */
export class Checks {
  readonly #area: string;

  constructor(area: string) {
    this.#area = area;
  }

  /** One check; whatever it throws is its finding. */
  async make(check: string, work: () => Verdict | Promise<Verdict>): Promise<Finding> {
    try {
      return this.found(check, await work());
    } catch (error) {
      return this.found(check, verdictOnError(error));
    }
  }

  found(check: string, verdict: Verdict): Finding {
    return { area: this.#area, check, ...verdict };
  }
}

export const hasFailed = ({ outcome }: Finding): boolean => outcome === 'failed';
