import { STATUS_CODES } from 'node:http';
import { type Answer, type Call, type Fault, json } from './http.ts';

/**
 * A refusal as Glance's web framework writes it: HTML, plain text or JSON, by what the client accepts
 * (WebOb, webob.exc.WSGIHTTPException).
 */
export function glanceRefusal(fault: Fault, call: Call): Answer {
  const reason = STATUS_CODES[fault.status] ?? 'Unknown';
  const status = `${fault.status} ${reason}`;
  const accept = call.header('accept') ?? '';
  if (/text\/html|\*\/\*/.test(accept)) return page(fault, status);
  if (accept.includes('application/json')) {
    return json(fault.status, { message: fault.message, code: status, title: reason }, fault.headers);
  }
  return text(fault, 'text/plain', `${status}\n\n${fault.message}\n\n`);
}

function page(fault: Fault, status: string): Answer {
  const message = fault.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const body = `<html>
 <head>
  <title>${status}</title>
 </head>
 <body>
  <h1>${status}</h1>
  ${message}<br /><br />
 </body>
</html>`;
  return text(fault, 'text/html', body);
}

function text(fault: Fault, type: string, body: string): Answer {
  return { status: fault.status, headers: { 'content-type': `${type}; charset=UTF-8`, ...fault.headers }, body };
}

/** The refusal of keystonemiddleware, which is before Glance. */
export function tokenRefusal(fault: Fault, call: Call): Answer {
  const identity = new URL('/identity', call.serviceUrl);
  const error = { code: 401, title: 'Unauthorized', message: fault.message };
  return json(401, { error }, { 'www-authenticate': `Keystone uri="${identity}"` });
}
