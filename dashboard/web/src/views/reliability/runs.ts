// The run whose results are shown: that of which the server says that they are the
// present ones, or an earlier one that the address names, so that what was known then
// can be seen again.
import { computed, type ComputedRef, type ShallowRef } from 'vue';
import { get, list, type Sure } from '../../api/client';
import type { Problem } from '../../api/call';
import type { AnalyticsJob, Run as Wire } from '../../api/schema';
import { useLoad } from '../../use/load';
import { text, useQuery } from '../../use/query';

export const jobs = ['reliability', 'lifetimes', 'replacement'] as const;
export type Job = (typeof jobs)[number];

export type Run = Sure<Wire, 'id' | 'job' | 'from' | 'to' | 'state' | 'queued_at'>;

export const runId = /^[0-9]{8}-[a-z2-7]{16}$/;

export interface Chosen {
  job: Job;
  /** undefined while it is loaded, and where there is none */
  run: ComputedRef<Run | undefined>;
  id: ComputedRef<string>;
  /** those whose results can be seen, the latest period first */
  runs: ComputedRef<readonly Run[]>;
  latest: ComputedRef<Run | undefined>;
  /** what the server knows of the analysis */
  about: ComputedRef<AnalyticsJob | undefined>;
  /** it was asked, and no run has results */
  none: ComputedRef<boolean>;
  problem: ShallowRef<Problem | undefined>;
  choose(run: string): void;
  reload(): Promise<void>;
}

/** How many earlier runs one can choose among. */
const most = 100;

/** The runs of an analysis that ended well. */
export async function runsOf(job: Job, signal: AbortSignal): Promise<Run[]> {
  const page = await list('/analytics/runs', { query: { job, state: ['done'], limit: most }, signal });
  return page.items as Run[];
}

export function useRun(job: Job): Chosen {
  const { run: named } = useQuery({ run: text('', runId) });
  const asked = useLoad(() => named.value, async (signal) => {
    const [known, found, one] = await Promise.all([
      get('/analytics/jobs', { signal }), runsOf(job, signal),
      named.value ? get('/analytics/runs/{run}', { path: { run: named.value }, signal }) as Promise<Run> : undefined,
    ]);
    const about = known.items?.find(({ name }) => name === job);
    return { about, found, latest: about?.result as Run | undefined, one: one?.job === job && one.state === 'done' ? one : undefined };
  });
  // While another run is looked for, the page stays with the one that it shows.
  const answer = asked.latest;
  const run = computed(() => answer.value?.one ?? answer.value?.latest);
  const runs = computed(() => {
    if (!answer.value) return [];
    const { found, one, latest } = answer.value;
    const all = new Map<string, Run>();
    for (const each of [...found, one, latest]) if (each) all.set(each.id, each);
    return [...all.values()].sort((a, b) => (newer(a, b) ? -1 : 1));
  });
  return {
    job, run, runs, problem: asked.problem,
    latest: computed(() => answer.value?.latest),
    about: computed(() => answer.value?.about),
    id: computed(() => run.value?.id ?? ''),
    none: computed(() => answer.value !== undefined && run.value === undefined),
    choose: (id) => {
      named.value = id === answer.value?.latest?.id ? '' : id;
    },
    reload: asked.reload,
  };
}

/** Whether a run is over a later period than another, or over the same and made later. */
export function newer(a: Run, b: Run): boolean {
  if (a.to !== b.to) return a.to > b.to;
  return (a.finished_at ?? a.queued_at) > (b.finished_at ?? b.queued_at);
}
