// The reference of the API, drawn from the server's own description of it.
// Whoever is signed in can try operations here, as himself.
import './style/docs.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import { loadSession, session } from './session/session';

/** Changes need the session's token. It is asked for when the first is made. */
async function withToken(request: { method?: string; url: string; headers: Record<string, string> }): Promise<unknown> {
  const method = (request.method ?? 'GET').toUpperCase();
  if (method === 'GET' || method === 'HEAD' || new URL(request.url, window.location.href).origin !== window.location.origin) return request;
  if (!session().person) await loadSession();
  const present = session();
  if (present.person) request.headers['X-Steward-CSRF'] = present.csrf;
  return request;
}

SwaggerUI({
  url: '/api/v1/openapi.json',
  domNode: document.getElementById('docs'),
  deepLinking: true,
  validatorUrl: null, // nothing is sent to anybody else
  displayRequestDuration: true,
  docExpansion: 'list',
  filter: true,
  defaultModelsExpandDepth: 0,
  requestInterceptor: withToken,
});
