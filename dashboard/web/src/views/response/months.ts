// Analyses of a month: which months are computed, and reading what a run of one found.
import { computed, type ComputedRef } from 'vue';
import { get, list } from '../../api/client';
import { Problem } from '../../api/call';
import { zoneOf } from '../../live/names';
import { useLoad, type Loaded } from '../../use/load';
import { text, useQuery } from '../../use/query';
import type { At } from '../../use/at';

export interface MonthRun {
  /** 2026-10, by the company's clocks */
  month: string;
  run: string;
  from: string;
  to: string;
  finished: string;
}

const monthPattern = /^\d{4}-(0[1-9]|1[0-2])$/;

function local(at: string, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(Date.parse(at));
}

/** The month that a period is, by the company's clocks; empty when it is none. */
export function monthOf(from: string, to: string, zone = zoneOf('', '')): string {
  const begins = /^(\d{4})-(\d{2})-01, 00:00$/.exec(local(from, zone));
  const ends = /^(\d{4})-(\d{2})-01, 00:00$/.exec(local(to, zone));
  if (!begins || !ends) return '';
  const index = (found: RegExpExecArray) => Number(found[1]) * 12 + Number(found[2]);
  return index(ends) - index(begins) === 1 ? `${begins[1]}-${begins[2]}` : '';
}

/** The months before one, the nearest first. */
export function monthsBefore(month: string, n: number): string[] {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return Array.from({ length: n }, (_, i) => {
    const at = year * 12 + number - 2 - i;
    return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
  });
}

/** Where a month stands on a chart's axis of time, in milliseconds: its first day by the browser's clocks, where the axis has its marks. */
export function monthMark(month: string): number {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(year, number - 1, 1).getTime();
}

/** The month of a mark; empty for what lies between months. */
export function markedMonth(at: number | string): string {
  const date = new Date(at);
  return date.getDate() === 1 && date.getHours() === 0 ? `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}` : '';
}

/** When a month begins and ends by the company's clocks. */
export function periodOf(month: string, zone = zoneOf('', '')): { from: string; to: string } {
  const begin = (text: string) => {
    const guess = Date.parse(`${text}-01T00:00:00Z`);
    // The zone's offset at that time, found by asking what its clocks show.
    const shown = Date.parse(`${local(new Date(guess).toISOString(), zone).replace(', ', 'T')}:00Z`);
    return new Date(guess - (shown - guess)).toISOString();
  };
  const [year = 0, number = 1] = month.split('-').map(Number);
  return { from: begin(month), to: begin(number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`) };
}

/** What can be followed for so many days by the end of a run: what began on the first day or later, and ended on the last or before. */
export function followedIn(run: Pick<MonthRun, 'from' | 'to'>, days: number, zone = zoneOf('', '')): { from: string; until: string } {
  const before = (at: string, ms: number) => local(new Date(Date.parse(at) - days * 86_400_000 - ms).toISOString(), zone).slice(0, 10);
  return { from: before(run.from, 0), until: before(run.to, 1) };
}

/** Of each month the newest run of a job that ended well, the latest month first. */
export async function monthRuns(job: string, signal: AbortSignal): Promise<MonthRun[]> {
  const found = new Map<string, MonthRun>();
  let cursor: string | undefined;
  do {
    const page = await list('/analytics/runs', { query: { job, state: ['done'], limit: 1000, cursor }, signal });
    for (const run of page.items) {
      if (!run.id || !run.from || !run.to || Object.keys(run.params ?? {}).length > 0) continue;
      const month = monthOf(run.from, run.to);
      const finished = run.finished_at ?? '';
      if (month && (found.get(month)?.finished ?? '') <= finished) found.set(month, { month, run: run.id, from: run.from, to: run.to, finished });
    }
    cursor = page.next;
  } while (cursor && found.size < 60);
  return [...found.values()].sort((a, b) => (a.month < b.month ? 1 : -1));
}

/** The month that the address names, or the last one that is computed. */
export function useMonth(job: string): { runs: Loaded<MonthRun[]>; month: { value: string }; chosen: ComputedRef<MonthRun | undefined> } {
  const { month } = useQuery({ month: text('', monthPattern) });
  const runs = useLoad(() => job, (signal) => monthRuns(job, signal));
  const chosen = computed(() => {
    const known = runs.value.value ?? [];
    return month.value ? known.find((one) => one.month === month.value) : known[0];
  });
  return { runs, month, chosen };
}

/** A document of a run; undefined when the run found nothing there. */
export async function document<T>(run: string, kind: string, at: At, subject: string, signal: AbortSignal): Promise<T | undefined> {
  try {
    const found = await get('/analytics/runs/{run}/document', {
      path: { run }, query: { kind, region: at.region || undefined, project: at.project || undefined, subject: subject || undefined }, signal,
    });
    return (found as { body?: T }).body;
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 404) return undefined;
    throw failure;
  }
}
