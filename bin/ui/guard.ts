import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { UiError } from './ui-error.ts';

/** What a request shows of itself. */
export interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a page gets for the token: the cookie that no script can read, and the key that goes to no other port. */
export interface Session {
  readonly cookie: string;
  readonly key: string;
}

/** As many as no one guesses: 256 bits. */
const SECRET_BYTES = 32;
const secret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

/** The header that brings the key of the page. */
export const KEY_HEADER = 'x-imagedrop-key';

/**
 * Lets in only callers that know the token of the printed address: neither other web pages in the same browser,
 * nor other users of the machine.
 *
 * A cookie alone would not do: it goes to every port of the host (RFC 6265, section 8.5), so that a server of another user
 * could learn it. A key alone would not either: a script could read it. So each request bears both.
 */
export class Guard {
  readonly token = secret();
  readonly #cookie = secret();
  readonly #key = secret();
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /**
   * Refuses names that others can point to this machine (DNS rebinding), and requests that another page has made.
   * @throws UiError
   */
  checkOrigin({ method, headers }: Asked): void {
    const { host = '', origin } = headers;
    if (!this.#hosts.includes(host)) throw new UiError(403, 'host', `This server is not ${JSON.stringify(host)}.`);
    const isSafe = method === 'GET' || method === 'HEAD';
    if (origin === undefined ? !isSafe : origin !== `http://${host}`) {
      throw new UiError(403, 'origin', 'Only the page of this server may ask this.');
    }
    // What browsers say of themselves; somebody else's link to the page is none of this server's business.
    const site = headers['sec-fetch-site'] ?? 'none';
    if (site !== 'same-origin' && site !== 'none' && headers['sec-fetch-mode'] !== 'navigate') {
      throw new UiError(403, 'origin', 'Only the page of this server may ask this.');
    }
  }

  /** @throws UiError for a wrong token */
  begin(token: string): Session {
    if (!isEqual(token, this.token)) throw noSession();
    return {
      cookie: `${this.#cookieName}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/api/`,
      key: this.#key,
    };
  }

  /** @throws UiError for a request without cookie or key */
  checkSession({ headers }: Asked): void {
    const cookie = cookieNamed(this.#cookieName, headers.cookie ?? '');
    const key = headers[KEY_HEADER];
    if (isEqual(cookie, this.#cookie) && typeof key === 'string' && isEqual(key, this.#key)) return;
    throw noSession();
  }

  get #hosts(): readonly string[] {
    return [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`];
  }

  /** Two pages of two stacks, on two ports, share the host and so the cookies. */
  get #cookieName(): string {
    return `imagedrop-${this.#port}`;
  }
}

const noSession = () =>
  new UiError(401, 'no-session', 'This page has no session.', {
    nextStep: 'Open the whole address that `imagedrop ui` has printed, with the part behind the #.',
  });

function cookieNamed(name: string, header: string): string {
  const pairs = header.split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([each]) => each === name)?.[1] ?? '';
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
