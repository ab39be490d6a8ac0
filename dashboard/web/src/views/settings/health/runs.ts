// Runs of analyses as the API has them.
import type { ItemOf } from '../../../api/client';

export type Job = ItemOf<'/analytics/jobs'>;
export type Run = ItemOf<'/analytics/runs'>;

export function ended(run: Run): boolean {
  return run.state === 'done' || run.state === 'failed' || run.state === 'cancelled';
}

/** How long it took, or has taken so far; undefined before it began. */
export function secondsOf(run: Run): number | undefined {
  if (!run.started_at) return undefined;
  const end = run.finished_at ? Date.parse(run.finished_at) : Date.now();
  return Math.max(0, (end - Date.parse(run.started_at)) / 1000);
}

/** The runs that are known with their newest ones as they are now: what was read of older ones stays. */
export function withNewest(known: readonly Run[], newest: readonly Run[]): Run[] {
  const fresh = new Set(newest.map((run) => run.id));
  return [...newest, ...known.filter((run) => !fresh.has(run.id))];
}
