// Questions to the server's API. A change carries the session's CSRF token,
// which no other site's page can read.

/** An answer that is not what was asked for, as RFC 9457 has it. */
export class Problem extends Error {
  constructor(
    readonly status: number, // 0 when the server cannot be reached
    readonly code: string,
    detail: string,
    readonly retryAfter: number, // seconds
    readonly fields: readonly string[] = [], // those that are wrong, by name
  ) {
    super(detail);
  }
}

/** A page of a list. */
export interface List<T> {
  items: T[];
  next?: string;
  total?: number;
}

let csrf = '';
let signedOut: () => void = () => {};

export function useToken(token: string): void {
  csrf = token;
}

/** Is called when the server knows nobody any more. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

const patience = 20_000;

export async function call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Steward-CSRF'] = csrf;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method, headers, credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(patience),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch {
    throw new Problem(0, 'unreachable', '', 0);
  }
  const parsed: unknown = parse(text);
  if (answer.ok) return parsed as T;
  const problem = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as { code?: unknown; detail?: unknown; errors?: { field: string }[] };
  const code = typeof problem.code === 'string' ? problem.code : '';
  if (answer.status === 401 && code === 'not_signed_in') signedOut();
  throw new Problem(answer.status, code, typeof problem.detail === 'string' ? problem.detail : '', Number(answer.headers.get('Retry-After')) || 0,
    (problem.errors ?? []).map((wrong) => wrong.field));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All pages of a list, up to a bound that no screen needs more of. */
export async function all<T>(path: string, most = 5000): Promise<T[]> {
  const items: T[] = [];
  let cursor = '';
  do {
    const page: List<T> = await call('GET', path + (path.includes('?') ? '&' : '?') + 'limit=1000' + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''));
    items.push(...page.items);
    cursor = page.next ?? '';
  } while (cursor && items.length < most);
  return items;
}
