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
