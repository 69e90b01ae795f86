/** RFC 3986, section 2.3: what is not unreserved is escaped; encodeURIComponent leaves five characters more. */
export const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
