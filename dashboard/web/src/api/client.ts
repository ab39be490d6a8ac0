// The API as its own document describes it: paths, parameters and answers are typed
// by ./schema, which is generated from the document before every build, so that a
// view which asks for what the server does not have does not compile.
//
//   const page = await list('/incidents', { query: { open: true } });
//   const { value, etag } = await read('/regions/{region}', { path: { region } });
//   await send('put', '/regions/{region}', { path: { region }, body, etag });
import { ask, type Answer, type List, type Verb } from './call';
import type { paths } from './schema';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;

/** The paths that have a method. */
export type PathsOf<M extends Method> = { [P in keyof paths]: [Operation<P, M>] extends [never] ? never : P }[keyof paths];

type Parameters<O, K extends string> = O extends { parameters: infer A } ? (K extends keyof A ? NonNullable<A[K]> : never) : never;
export type PathOf<P extends keyof paths, M extends Method> = Parameters<Operation<P, M>, 'path'>;
export type QueryOf<P extends keyof paths, M extends Method> = Parameters<Operation<P, M>, 'query'>;
export type BodyOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { requestBody?: { content: infer C } } ? (C extends { 'application/json': infer B } ? B : Blob) : undefined;

type Good<R> = R extends { 200: infer A } ? A : R extends { 201: infer A } ? A : R extends { 202: infer A } ? A : undefined;
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? (Good<R> extends { content: { 'application/json': infer A } } ? A : undefined) : undefined;

/** Of the items of a list. */
export type ItemOf<P extends keyof paths> = AnswerOf<P, 'get'> extends { items?: (infer T)[] | null } ? T : never;

/** A value with fields of which the view is sure: the document does not say which are always there. */
export type Sure<T, K extends keyof T> = T & { [N in K]-?: NonNullable<T[N]> };

type Optional<T> = { [K in keyof T]?: T[K] | undefined };

/** What belongs to an address: the path's parts are demanded when it has any. */
export type Where<P extends keyof paths, M extends Method> =
  & ([PathOf<P, M>] extends [never] ? { path?: undefined } : { path: PathOf<P, M> })
  & { query?: Optional<QueryOf<P, M>>; signal?: AbortSignal | undefined };

export type Change<P extends keyof paths, M extends Method> = Where<P, M> & {
  body?: BodyOf<P, M>;
  etag?: string;
  /** from newKey(), made once for what a person wants: pressed again after a failure, it is not done twice */
  key?: string;
};

type Demanded<T> = { path?: undefined } extends Pick<T & { path?: unknown }, 'path'> ? [options?: T] : [options: T];

/** Writes a path with its parts and its query. Lists go as one value with commas, as the API wants them. */
export function address(path: string, parts: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const written = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parts[name] ?? '')));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    search.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = search.toString();
  return text ? `${written}?${text}` : written;
}

interface Loose {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  etag?: string;
  key?: string;
  signal?: AbortSignal;
}

function perform<T>(method: Verb, path: string, options: Loose = {}): Promise<Answer<T>> {
  return ask<T>(method, address(path, options.path, options.query), {
    body: options.body, etag: options.etag, key: options.key, signal: options.signal,
  });
}

/** The value at a path. */
export async function get<P extends PathsOf<'get'>>(path: P, ...[options]: Demanded<Where<P, 'get'>>): Promise<AnswerOf<P, 'get'>> {
  return (await perform<AnswerOf<P, 'get'>>('GET', path, options as Loose)).value;
}

/** A page of a list, for usePages: its items are there, if only as an empty list. */
export async function list<P extends PathsOf<'get'>>(path: P, ...[options]: Demanded<Where<P, 'get'>>): Promise<List<ItemOf<P>>> {
  const { value } = await perform<Partial<List<ItemOf<P>>>>('GET', path, options as Loose);
  return { ...value, items: value.items ?? [] };
}

/** The value with its ETag, for what will be edited. */
export function read<P extends PathsOf<'get'>>(path: P, ...[options]: Demanded<Where<P, 'get'>>): Promise<Answer<AnswerOf<P, 'get'>>> {
  return perform('GET', path, options as Loose);
}

/** A change. Its answer has the new ETag. */
export function send<M extends Exclude<Method, 'get'>, P extends PathsOf<M>>(method: M, path: P, ...[options]: Demanded<Change<P, M>>): Promise<Answer<AnswerOf<P, M>>> {
  return perform(method.toUpperCase() as Verb, path, options as Loose);
}

/** The address of what the browser itself fetches: exports, printable pages. */
export function linkTo<P extends PathsOf<'get'>>(path: P, ...[options]: Demanded<Where<P, 'get'>>): string {
  const { path: parts, query } = (options ?? {}) as Loose;
  return `/api/v1${address(path, parts, query)}`;
}

/** A name for a request, see Change.key. Also where the page came without TLS. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
