// How a place kept its standards month by month: the numbers of each month's run.
import { get } from '../../api/client';
import type { AnalyticsNumber } from '../../api/schema';
import type { At } from '../../use/at';
import type { MonthRun } from './months';

/** Months that a trend shows at most. */
export const trendMonths = 12;

export interface MonthNumbers {
  month: string;
  numbers: readonly AnalyticsNumber[];
}

/** The numbers of a place, of the latest months first to last. */
export async function trendOf(runs: readonly MonthRun[], kinds: readonly string[], at: At, subject: { type?: string; subject?: string }, signal: AbortSignal): Promise<MonthNumbers[]> {
  const months = runs.slice(0, trendMonths).reverse();
  return Promise.all(months.map(async ({ month, run }) => {
    const page = await get('/analytics/numbers', {
      query: {
        run, kind: [...kinds], region: at.region || undefined, project: at.project || undefined, per: at.project ? 'project' : at.region ? 'region' : 'company', limit: 1000, ...subject,
      },
      signal,
    });
    return { month, numbers: page.items ?? [] };
  }));
}

export function numberOf(of: MonthNumbers, kind: string, subject: string): AnalyticsNumber | undefined {
  return of.numbers.find((number) => number.kind === kind && (number.subject ?? '') === subject);
}
