import { failed, skipped, type Verdict, warning } from './finding.ts';

/** S3 refuses requests that are signed a quarter of an hour off (RequestTimeTooSkewed). */
const REFUSED_SECONDS = 900;
/** More than the way of an answer takes, and more than a clock that is set by NTP is ever off. */
const NOTICED_SECONDS = 60;

/**
 * Compares this machine's clock with that of a server.
 * @param date of the answer (RFC 9110, section 6.6.1); whole seconds
 */
export function clockVerdict(date: string | undefined, now: Date, whose: string): Verdict {
  const at = Date.parse(date ?? '');
  if (!Number.isFinite(at)) return skipped(`${whose} does not say what time it is.`);
  const seconds = Math.round((now.getTime() - at) / 1000);
  const detail =
    Math.abs(seconds) <= 1
      ? `as ${whose}'s`
      : `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} ${whose}'s`;
  const nextStep = 'Set the clock of this machine by NTP (`timedatectl set-ntp true`).';
  if (Math.abs(seconds) >= REFUSED_SECONDS) return failed(`${detail}: signed requests are refused`, nextStep);
  if (Math.abs(seconds) >= NOTICED_SECONDS) return warning(detail, nextStep);
  return { outcome: 'ok', detail };
}
