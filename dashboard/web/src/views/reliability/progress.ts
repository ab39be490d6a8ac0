// A run that this person started: how far it is, until it has ended.
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue';
import { get, newKey, send } from '../../api/client';
import { Problem } from '../../api/call';
import type { Job, Run } from './runs';

export interface Started {
  run: ShallowRef<Run | undefined>;
  problem: ShallowRef<Problem | undefined>;
  busy: ShallowRef<boolean>;
  start(): Promise<void>;
  cancel(): Promise<void>;
  /** takes up one that is under way already */
  follow(run: Run | undefined): void;
}

/** How often a run is looked at, in milliseconds. */
const every = 1500;

export const isOver = (run: Run | undefined): boolean => run !== undefined && ['done', 'failed', 'cancelled'].includes(run.state);

export function useStart(job: Job, ended: (run: Run) => void): Started {
  const run = shallowRef<Run>();
  const problem = shallowRef<Problem>();
  const busy = shallowRef(false);
  let timer = 0;
  let gone = false;
  let key = '';

  async function attempt(act: () => Promise<void>): Promise<void> {
    busy.value = true;
    problem.value = undefined;
    try {
      await act();
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure;
    } finally {
      busy.value = false;
    }
  }

  function look(): void {
    window.clearTimeout(timer);
    if (gone || !run.value || isOver(run.value)) return;
    timer = window.setTimeout(() => void ask(), every);
  }

  async function ask(): Promise<void> {
    try {
      const now = (await get('/analytics/runs/{run}', { path: { run: run.value!.id } })) as Run;
      if (gone) return;
      run.value = now;
      problem.value = undefined;
      if (isOver(now)) ended(now);
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      problem.value = failure; // it goes on without us: looked at again when the server is back
    }
    look();
  }

  onScopeDispose(() => {
    gone = true;
    window.clearTimeout(timer);
  });
  return {
    run, problem, busy,
    follow: (found) => {
      if (!found || isOver(found) || run.value?.id === found.id) return;
      run.value = found;
      look();
    },
    start: () => attempt(async () => {
      key ||= newKey(); // pressed again after a failure it is the same wish
      run.value = (await send('post', '/analytics/runs', { body: { job }, key })).value as Run;
      key = '';
      look();
    }),
    cancel: () => attempt(async () => {
      if (run.value) run.value = (await send('post', '/analytics/runs/{run}/cancel', { path: { run: run.value.id } })).value as Run;
    }),
  };
}
