// Results of runs: all numbers of a question, and documents by their whole name.
import { get } from '../../api/client';
import type { QueryOf } from '../../api/client';

/** A result, as the API has it. Value null: too little data, and why says what is missing. */
export interface Result {
  kind: string;
  region?: string;
  project?: string;
  building?: string;
  subject?: string;
  unit?: string;
  value: number | null;
  low?: number;
  high?: number;
  level?: number;
  n: number;
  exposure?: number;
  coverage?: number;
  why?: string;
}

/** A page of results; more than so many pages no view needs at once. */
const pageSize = 1000;
const mostPages = 20;

type Question = Omit<NonNullable<QueryOf<'/analytics/numbers', 'get'>>, 'limit' | 'cursor' | 'job' | 'run'>;

/** All numbers of a run that a question is about. */
export async function numbers(run: string, question: Question, signal: AbortSignal): Promise<Result[]> {
  const found: Result[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const answer = await get('/analytics/numbers', { query: { ...question, run, limit: pageSize, cursor }, signal });
    found.push(...(answer.items as Result[] | undefined ?? []));
    cursor = answer.next;
    if (!cursor) break;
  }
  return found;
}

export interface Named {
  kind: string;
  region?: string;
  project?: string;
  subject?: string;
}

/** What documents of a kind there are, by what they are about. */
export async function subjects(run: string, kind: string, signal: AbortSignal): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const answer = await get('/analytics/documents', { query: { run, kind: [kind], per: 'company', limit: pageSize, cursor }, signal });
    found.push(...(answer.items ?? []).map((one) => one.subject ?? ''));
    cursor = answer.next;
    if (!cursor) break;
  }
  return found;
}

/** The body of a document. */
export async function document<T>(run: string, named: Named, signal: AbortSignal): Promise<T> {
  const answer = await get('/analytics/runs/{run}/document', { path: { run }, query: { ...named }, signal });
  return answer.body as T;
}

/** What a subject is about, without its type: model:KONE/3000 is KONE/3000. */
export function aboutOf(subject: string | undefined): string {
  const text = subject ?? '';
  return text.slice(text.indexOf(':') + 1);
}
