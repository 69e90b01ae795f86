/// <reference path="./undici-parts.d.ts" />
/**
 * Of undici what a client of HTTP/1.1 needs: the whole has fetch, WebSocket, caches and mocks in it, all of which would
 * be read at each start of a function (docs/performance.md).
 */
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';

// As the index of undici does with this call and the others.
Agent.prototype.request = request;

export { Agent };
