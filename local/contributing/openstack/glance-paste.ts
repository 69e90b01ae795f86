/** What a request passes on its way, in this order: those of glance-api-paste.ini that a service with Keystone needs. */
const FILTERS = {
  healthcheck: { 'paste.filter_factory': 'oslo_middleware:Healthcheck.factory' },
  http_proxy_to_wsgi: { 'paste.filter_factory': 'oslo_middleware:HTTPProxyToWSGI.factory' },
  versionnegotiation: {
    'paste.filter_factory': 'glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory',
  },
  authtoken: { 'paste.filter_factory': 'keystonemiddleware.auth_token:filter_factory', delay_auth_decision: true },
  context: { 'paste.filter_factory': 'glance.api.middleware.context:ContextMiddleware.factory' },
};

/** The file of the package may be read by Glance's own user only, and this Glance runs as whoever starts it. */
export const GLANCE_PASTE = {
  'pipeline:glance-api-keystone': { pipeline: [...Object.keys(FILTERS), 'rootapp'].join(' ') },
  'composite:rootapp': {
    'paste.composite_factory': 'glance.api:root_app_factory',
    '/': 'apiversions',
    '/v2': 'apiv2app',
  },
  'app:apiversions': { 'paste.app_factory': 'glance.api.versions:create_resource' },
  'app:apiv2app': { 'paste.app_factory': 'glance.api.v2.router:API.factory' },
  ...Object.fromEntries(Object.entries(FILTERS).map(([name, options]) => [`filter:${name}`, options])),
};
