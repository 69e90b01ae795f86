import { Fault } from './http.ts';

/** A refusal of IMS by its code: whatever is wrong, the status is 400 (API reference, "Error Codes"). */
export function refusal(code: string, message: string): Fault {
  return new Fault(400, message, { code });
}
