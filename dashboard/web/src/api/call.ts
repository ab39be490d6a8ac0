// Questions to the server's API, as they go over the wire. Views ask by the typed
// functions of ./client; this is what these, and the session, stand on. A change
// carries the session's CSRF token, which no other site's page can read.
import { problemText } from '../format/problems';

/** What is wrong with one field of a request. */
export interface FieldProblem {
  field: string;
  problem: string;
}

/** An answer that is not what was asked for, as RFC 9457 has it. */
export class Problem extends Error {
  constructor(
    readonly status: number, // 0 when the server cannot be reached
    readonly code: string, // stays the same; 'unreachable' when there was no answer
    detail: string,
    readonly retryAfter: number, // seconds
    private readonly wrong: readonly FieldProblem[] = [],
    /** names the request in the server's log */
    readonly request = '',
  ) {
    super(detail);
  }

  /** What is wrong with which field, in the language of the page. */
  get fields(): readonly FieldProblem[] {
    return this.fieldsIn();
  }

  /** The same with times by the clocks of a zone, where that is not the company's. */
  fieldsIn(zone?: string): readonly FieldProblem[] {
    return this.wrong.map(({ field, problem }) => ({ field, problem: problemText(problem, zone) }));
  }

  /** What is wrong with a field of the body, or empty. */
  of(field: string, zone?: string): string {
    return this.fieldsIn(zone).find((wrong) => wrong.field === field || wrong.field === `body.${field}`)?.problem ?? '';
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

/** How long an answer is waited for, in milliseconds. */
const patience = 20_000;
/** Imports and reports take longer. */
const longPatience = 300_000;

export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Request {
  /** an object is sent as JSON; a Blob as it is, with its own type */
  body?: unknown;
  /** the version that was seen: of two editors the second is told */
  etag?: string | undefined;
  /** sent again with the same key, a request is carried out once */
  key?: string | undefined;
  signal?: AbortSignal | undefined;
  /** how long the answer is waited for, in milliseconds, where that is known to take longer */
  patience?: number | undefined;
}

export interface Answer<T> {
  value: T;
  /** of an object that can be changed; empty for others */
  etag: string;
}

/** Asks, and throws a Problem. A question that was called off throws the signal's reason. */
export async function ask<T>(method: Verb, path: string, request: Request = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Steward-CSRF'] = csrf;
  if (request.etag) headers['If-Match'] = request.etag;
  if (request.key) headers['Idempotency-Key'] = request.key;
  const { body } = request;
  const raw = body instanceof Blob;
  if (body !== undefined) headers['Content-Type'] = raw ? body.type || 'application/octet-stream' : 'application/json';
  let answer: Response;
  let text: string;
  const limit = AbortSignal.timeout(request.patience ?? (raw ? longPatience : patience));
  try {
    answer = await fetch(`/api/v1${path}`, {
      method, headers, credentials: 'same-origin', cache: 'no-store', signal: either(limit, request.signal),
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (failure) {
    if (request.signal?.aborted) throw failure;
    throw new Problem(0, 'unreachable', '', 0);
  }
  if (answer.ok) return { value: parse(text) as T, etag: answer.headers.get('ETag') ?? '' };
  throw problemOf(answer, text);
}

/** The problem that an answer tells of. Of every question it must be made here: when nobody is signed in any more, the page is told. */
export function problemOf(answer: Response, text: string): Problem {
  const parsed = parse(text);
  const problem = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as {
    code?: unknown; detail?: unknown; request_id?: unknown; errors?: FieldProblem[] | null;
  };
  const string = (value: unknown) => (typeof value === 'string' ? value : '');
  const code = string(problem.code);
  if (answer.status === 401 && code === 'not_signed_in') signedOut();
  return new Problem(answer.status, code, string(problem.detail), Number(answer.headers.get('Retry-After')) || 0, problem.errors ?? [], string(problem.request_id));
}

/** AbortSignal.any, which browsers of 2022 do not have. */
function either(limit: AbortSignal, mine: AbortSignal | undefined): AbortSignal {
  if (!mine) return limit;
  const both = new AbortController();
  for (const signal of [limit, mine]) {
    if (signal.aborted) both.abort(signal.reason);
    else signal.addEventListener('abort', () => both.abort(signal.reason), { once: true });
  }
  return both.signal;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks for the value alone. */
export async function call<T>(method: Verb, path: string, body?: unknown): Promise<T> {
  return (await ask<T>(method, path, { body })).value;
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
