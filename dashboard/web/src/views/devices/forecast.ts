// What the analysis of lifetimes expects of one device. It writes a document a project,
// in parts where devices are many; the device's own entry is looked for in them.
import { get, list } from '../../api/client';
import { Problem } from '../../api/call';
import type { Ref } from './device';

export interface Expected {
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
  why?: string;
}

export interface Prospect {
  class: string;
  device: string;
  age_years: number | null;
  fail_90d: Expected;
  fail_365d: Expected;
  failures_365d: Expected;
  new_failures_365d: Expected;
  pool: string;
  faults_365d: number;
  caveats?: { code: string; zh: string; en: string }[];
  expected_life_years?: number;
  replacement_cost_cny?: number;
  failure_cost_cny?: number;
}

export interface LifePart {
  code: string;
  n: number;
  failures: number;
  family: string;
  b10: Expected;
  survival: { years: number; value: number; low: number | null; high: number | null; at_risk: number }[] | null;
  why?: string;
}

export interface Life {
  pool: string;
  devices: number;
  repaired: boolean;
  parts: LifePart[] | null;
}

export interface Forecast {
  run: string;
  computed: string;
  /** until when the lives were watched */
  at: string;
  prospect: Prospect | undefined;
}

/** The expectation of a device; undefined when the analysis has not run, or has nothing of the project. */
export async function forecastOf(ref: Ref, signal?: AbortSignal): Promise<Forecast | undefined> {
  const { region, project } = ref;
  // Before the first run there is none to ask for documents of.
  const { items: runs } = await list('/analytics/runs', { query: { job: 'lifetimes', state: ['done'], regular: true, limit: 1 }, signal });
  const run = runs[0]?.id;
  if (!run) return undefined;
  const page = await get('/analytics/documents', { query: { run, kind: ['prospects'], region, project, limit: 100 }, signal });
  let at = '';
  for (const item of page.items ?? []) {
    if (item.region !== region || item.project !== project) continue;
    const document = await get('/analytics/runs/{run}/document', { path: { run }, query: { kind: 'prospects', region, project, subject: item.subject || undefined }, signal });
    const body = document.body as { at: string; devices: Prospect[] } | undefined;
    at = body?.at ?? at;
    const prospect = body?.devices.find((one) => one.class === ref.class && one.device === ref.id);
    if (prospect) return { run, computed: runs[0]?.finished_at ?? '', at, prospect };
  }
  return { run, computed: runs[0]?.finished_at ?? '', at, prospect: undefined };
}

/** How the parts of a pool live, as the same run found it; of pools only those see it who see the whole company. */
export async function lifeOf(run: string, pool: string, signal?: AbortSignal): Promise<Life | undefined> {
  const { items } = await list('/analytics/documents', { query: { run, kind: ['life'], subject: pool, limit: 10 }, signal });
  if (items.length === 0) return undefined;
  const document = await unlessMissing(get('/analytics/runs/{run}/document', { path: { run }, query: { kind: 'life', subject: pool }, signal }));
  return document?.body as Life | undefined;
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 404) return undefined;
    throw failure;
  }
}
