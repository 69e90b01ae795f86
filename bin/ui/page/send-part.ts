import { ApiError, keyHeaders } from './session.ts';

export interface PartToSend {
  readonly url: string;
  readonly bytes: Blob;
  readonly signal: AbortSignal;
  /** Called with the bytes of this part that have gone out. */
  readonly onProgress: (sent: number) => void;
}

/**
 * PUTs a part. By XMLHttpRequest, for fetch does not tell how much of a body has gone out.
 * @throws ApiError: status 0 where there was no answer that the page may see
 */
export function sendPart({ url, bytes, signal, onProgress }: PartToSend): Promise<void> {
  const request = new XMLHttpRequest();
  return new Promise<void>((resolve, reject) => {
    const refuse = (status: number, message: string) => reject(new ApiError(status, { code: 'part-refused', message }));
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => {
      if (request.status === 200) resolve();
      else refuse(request.status, messageIn(request.responseText) ?? `S3 answered ${request.status}.`);
    });
    request.addEventListener('error', () => refuse(0, 'The connection broke.'));
    request.addEventListener('abort', () => reject(signal.reason));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.open('PUT', url);
    if (url.startsWith('/'))
      for (const [name, value] of Object.entries(keyHeaders())) request.setRequestHeader(name, value);
    request.send(bytes);
  });
}

/** S3 speaks XML, the server of the page JSON. */
function messageIn(text: string): string | undefined {
  const [, message] = /<Message>([^<]*)<\/Message>/.exec(text) ?? /"message":"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  return message;
}
