// What the server says of energy, as the views of this area are sure of it.
import { Problem, type List } from '../../api/call';
import { get, list } from '../../api/client';
import type { Bilingual } from '../../live/protocol';

export const media = ['electricity', 'water', 'gas', 'heat'] as const;
export type Medium = (typeof media)[number];
export const units: Record<Medium, string> = { electricity: 'kWh', water: 'm³', gas: 'm³', heat: 'GJ' };
/** As people write a unit that the API spells in ASCII. */
export const unitText = (unit: string | undefined): string =>
  ({ m3: 'm³', 'm3/h': 'm³/h', 'kWh/m2': 'kWh/m²' })[unit ?? ''] ?? unit ?? '';

export const periods = ['sharp', 'peak', 'flat', 'all_day', 'valley', 'deep_valley', 'none'] as const;
export type Period = (typeof periods)[number];

export interface PeriodUse {
  period: Period;
  use: number;
  cost: number | null;
}

export interface Amount {
  use: number | null;
  cost: number | null;
  coverage: number | null;
  estimated: number;
  hours: number;
  expected_hours: number;
  why?: string;
  periods?: PeriodUse[];
}

export interface Step extends Amount {
  at: string;
}

export interface Item {
  region?: string;
  project?: string;
  building?: string;
  point?: string;
  device?: string;
  parent?: string;
  meters: number;
  area_m2: number | null;
  total: Amount;
  steps?: Step[];
}

export interface Use {
  medium: Medium;
  unit: string;
  from: string;
  to: string;
  until?: string;
  note?: string;
  items: Item[];
  left_out: number;
}

export interface UseQuestion {
  region?: string | undefined;
  project?: string | undefined;
  building?: string | undefined;
  point?: string | undefined;
  medium: Medium;
  from: string;
  to: string;
  by: 'hour' | 'day' | 'week' | 'month' | 'none';
  per?: 'all' | 'region' | 'project' | 'building' | 'meter';
  limit?: number;
}

/** A caller may have four heavy questions under way: two are ours, so that two windows get along. */
const together = 2;
let under = 0;
const waiting: (() => void)[] = [];

async function turn(): Promise<void> {
  if (under >= together) await new Promise<void>((go) => waiting.push(go));
  under++;
}

function done(): void {
  under--;
  waiting.shift()?.();
}

const pause = (seconds: number) => new Promise((go) => window.setTimeout(go, seconds * 1000));

/** What was used. Waits for its turn, and a little where the server is told to be asked later. */
export async function askUse(question: UseQuestion, signal: AbortSignal): Promise<Use> {
  await turn();
  try {
    for (let tries = 0; ; tries++) {
      signal.throwIfAborted();
      try {
        return (await get('/energy/use', { query: question, signal })) as unknown as Use;
      } catch (failure) {
        if (!(failure instanceof Problem) || failure.status !== 429 || tries === 2) throw failure;
        await pause(failure.retryAfter || 2);
      }
    }
  } finally {
    done();
  }
}

/** A number of an analysis. value is absent where there is too little data, and why says of what. */
export interface Figure {
  kind: string;
  region?: string;
  project?: string;
  building?: string;
  subject?: string;
  unit?: string;
  value?: number | null;
  low?: number | null;
  high?: number | null;
  n?: number;
  exposure?: number;
  coverage?: number | null;
  why?: string;
}

export interface Run {
  id: string;
  from: string;
  to: string;
  finished_at?: string;
}

export interface Figures {
  run: Run;
  items: Figure[];
  /** there are more than were read */
  more: boolean;
}

interface Where {
  region?: string;
  project?: string;
}

/** No view shows more, and the browser has to hold them. */
const most = 3000;

/** The run whose results are the present ones of the analysis of energy; undefined when none has ended yet. */
async function presentRun(signal: AbortSignal): Promise<Run | undefined> {
  const jobs = (await get('/analytics/jobs', { signal })) as unknown as { items: { name: string; result?: Run }[] };
  return jobs.items.find((job) => job.name === 'energy')?.result;
}

/** Numbers of the present run of the analysis of energy; undefined when none has ended yet. */
export async function askFigures(where: Where, kind: string[], more: { per?: 'company' | 'region' | 'project'; subject?: string; type?: string }, signal: AbortSignal): Promise<Figures | undefined> {
  const run = await presentRun(signal);
  if (!run) return undefined;
  const found = await allPages(async (cursor) => list('/analytics/numbers', { query: { run: run.id, kind, ...where, ...more, limit: 1000, cursor }, signal }), most);
  return { run, items: found.items as unknown as Figure[], more: found.more };
}

/** The metering points of gas of a place, as subjects are named: numbers of a run say m³ of water and gas alike. */
export async function askGasMeters(where: Where, signal: AbortSignal): Promise<{ keys: Set<string>; more: boolean }> {
  const found = await allPages(async (cursor) => list('/devices', { query: { ...where, class: 'meter', medium: 'gas', limit: 1000, cursor }, signal }), 10_000);
  return { keys: new Set(found.items.map((one) => `${one.region}/${one.project}/point:${one.id}`)), more: found.more };
}

export interface DocumentName {
  region?: string | undefined;
  project?: string | undefined;
  subject?: string | undefined;
}

/** What a run has documents of a kind about. */
export async function documentsAbout(run: string, kind: string, { region, project, subject }: DocumentName, signal: AbortSignal): Promise<Set<string>> {
  const { items } = await allPages(async (cursor) => list('/analytics/documents', { query: { run, kind: [kind], region, project, subject, limit: 1000, cursor }, signal }), 5000);
  return new Set((items as { subject?: string }[]).map((one) => one.subject ?? ''));
}

/** Pages one after another, up to a bound; more says that there are others. */
export async function allPages<T>(page: (cursor: string | undefined) => Promise<List<T>>, most: number): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const one = await page(cursor);
    items.push(...one.items);
    cursor = one.next || undefined;
  } while (cursor && items.length < most);
  return { items, more: cursor !== undefined };
}

/** A document that a run has. */
export async function readDocument<T>(run: string, kind: string, { region, project, subject }: DocumentName, signal: AbortSignal): Promise<T> {
  const found = await get('/analytics/runs/{run}/document', { path: { run }, query: { kind, region, project, subject }, signal });
  return (found as { body?: unknown }).body as T;
}

/** A document; undefined when the run has none of that name. */
export async function askDocument<T>(run: string, kind: string, of: DocumentName, signal: AbortSignal): Promise<T | undefined> {
  const about = await documentsAbout(run, kind, of, signal);
  return about.has(of.subject ?? '') ? readDocument<T>(run, kind, of, signal) : undefined;
}

export interface Money {
  value: number | null;
  low: number | null;
  high: number | null;
  unit: string;
  why?: string;
}

export const states = ['open', 'confirmed', 'fixed', 'verified', 'dismissed', 'cleared'] as const;
export type State = (typeof states)[number];
export const kinds = [
  'night_base', 'out_of_hours', 'holiday', 'stuck_on', 'excess', 'anomaly', 'peak_demand', 'low_load_factor', 'power_factor',
  'balance_loss', 'balance_theft', 'missing_meter', 'water_leak',
] as const;
export type Kind = (typeof kinds)[number];

export interface Verification {
  verdict: 'fell' | 'did_not_fall' | 'insufficient';
  why?: string;
  days: number;
  saved_a_year: Money;
  saved_a_year_cny: Money;
  fixed_at?: string;
  at: string;
}

export interface Evidence {
  unit: string;
  step: 'hour' | 'day' | 'night' | 'month';
  at: string[];
  value: (number | null)[];
  expected?: (number | null)[];
  level?: number | null;
}

export interface Finding {
  id: string;
  region: string;
  project: string;
  building?: string;
  kind: string;
  subject: string;
  medium: string;
  title: Bilingual;
  advice: Bilingual;
  since: string;
  since_at_least?: boolean;
  until: string;
  a_year: Money;
  a_year_cny: Money;
  so_far: Money;
  so_far_cny: Money;
  confidence: number;
  n: number;
  coverage: number;
  evidence?: Evidence;
  state: State;
  opened_at: string;
  seen_at: string;
  fixed_at?: string;
  verification?: Verification;
  version: number;
  history?: { at: string; state: State; actor_kind: string; actor: string; note?: string }[];
}
