/** A part of the real OpenStack on this machine cannot be installed, started or used; the message says what to do. */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError';
}
