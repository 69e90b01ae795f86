/** The proxies that requests go through, by the variables that curl and most clients read. */
type Variables = Readonly<Record<string, string | undefined>>;

export interface Proxies {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  /** Hosts that are reached without one: names with all names below them, addresses, or `*`. */
  readonly noProxy: string;
}

/** The lower-case spelling takes precedence, as in curl. HTTPS_PROXY is HTTP_PROXY where it is not set, as in undici. */
export function proxiesIn(variables: Variables = process.env): Proxies {
  const read = (name: string) => variables[name.toLowerCase()] || variables[name] || undefined;
  const httpProxy = read('HTTP_PROXY');
  const httpsProxy = read('HTTPS_PROXY') ?? httpProxy;
  return {
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    noProxy: read('NO_PROXY') ?? '',
  };
}

/** The same for an agent of node:http, which takes a name in NO_PROXY for that host alone. */
export function nodeProxies(variables: Variables = process.env) {
  const { httpProxy, httpsProxy, noProxy } = proxiesIn(variables);
  const entries = noProxy.split(/[,\s]+/).filter(Boolean);
  const below = entries.filter((entry) => /^[a-z]/i.test(entry)).map((entry) => `.${entry}`);
  return {
    ...(httpProxy !== undefined && { HTTP_PROXY: httpProxy }),
    ...(httpsProxy !== undefined && { HTTPS_PROXY: httpsProxy }),
    NO_PROXY: [...entries, ...below].join(','),
  };
}
