// Talking to the server.
import {currentLanguage} from './words.js';

let csrf = null;

export class ApiError extends Error {
  constructor(status, document) {
    super(document?.findings?.[0]?.message ?? `HTTP ${status}`);
    this.status = status;
  }
}

async function request(path, options = {}) {
  const url = new URL(path, location.origin);
  url.searchParams.set('lang', currentLanguage());
  const response = await fetch(url, {cache: 'no-store', credentials: 'same-origin', ...options});
  const document = await response.json().catch(() => null);
  if (!response.ok && !(response.status === 503 && document)) {
    throw new ApiError(response.status, document);
  }
  return {
    document,
    ready: response.ok,
    stale: response.headers.get('X-Stale') === 'true',
    collected: response.headers.get('X-Collected-At'),
  };
}

export const get = (name) => request(`/api/v1/${name}`);

function send(method, path, body = null) {
  const headers = {'Content-Type': 'application/json'};
  if (csrf) headers['X-CSRF-Token'] = csrf;
  return request(path, {method, headers, body: body ? JSON.stringify(body) : null});
}

// Whether a session is open, and whether this page may read at all.
export async function sessionState() {
  const {document} = await request('/api/v1/session');
  csrf = document.data.csrf;
  return document.data;
}

export async function signIn(token) {
  const {document} = await send('POST', '/api/v1/session', {token});
  csrf = document.data.csrf;
}

export async function signOut() {
  await send('DELETE', '/api/v1/session');
  csrf = null;
}

export const startAction = (name) => send('POST', `/api/v1/actions/${name}`);

// Calls `onChange(name)` for every change and `onState('on' | 'off')`.
export function listen(onChange, onState) {
  const source = new EventSource('/api/v1/events');
  source.addEventListener('hello', () => onState('on'));
  source.addEventListener('change', (event) => onChange(JSON.parse(event.data).name));
  source.addEventListener('error', () => onState('off'));
  return source;
}
