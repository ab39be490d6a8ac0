// Tariffs as they are looked at: a price for each half hour of each month.
import type { AnswerOf } from '../../../api/client';

type All = NonNullable<AnswerOf<'/tariffs', 'get'>['items']>;
export type Tariff = All[number];
export type Medium = NonNullable<Tariff['media']>[number];
export type Version = NonNullable<Medium['versions']>[number];
export type Season = NonNullable<Version['seasons']>[number];
export type Hours = NonNullable<Season['hours']>[number];

export const periods = ['sharp', 'peak', 'flat', 'valley', 'deep_valley', 'all_day'] as const;
export const units: Record<string, string> = { electricity: 'kWh', water: 'm³', gas: 'm³', heat: 'GJ' };

export interface Cell {
  period: string;
  price: number;
}

const slots = 48;

function slot(clock: string | undefined): number {
  const [hour = '0', minute = '0'] = (clock ?? '').split(':');
  return Number(hour) * 2 + (minute === '30' ? 1 : 0);
}

/** The half hours of a day. */
export function dayOf(season: Season | undefined): (Cell | undefined)[] {
  const out: (Cell | undefined)[] = Array.from({ length: slots }, () => undefined);
  for (const hours of season?.hours ?? []) {
    for (let i = slot(hours.from); i < Math.min(slots, slot(hours.to)); i++) out[i] = { period: hours.period ?? '', price: hours.price ?? 0 };
  }
  return out;
}

/** Twelve months of 24 hours; an hour whose halves differ has both. */
export function year(version: Version): (Cell | undefined)[][][] {
  return Array.from({ length: 12 }, (_, month) => {
    const day = dayOf((version.seasons ?? []).find((season) => (season.months ?? []).includes(month + 1)));
    return Array.from({ length: 24 }, (_, hour) => {
      const [first, second] = [day[2 * hour], day[2 * hour + 1]];
      return first?.period === second?.period && first?.price === second?.price ? [first] : [first, second];
    });
  });
}

/** One price at all hours: there is nothing to draw. */
export function isFlat(version: Version): boolean {
  return (version.seasons ?? []).every((season) => (season.hours ?? []).every((hours) => hours.period === 'all_day'));
}

export interface PeriodPrice {
  period: string;
  low: number;
  high: number;
}

/** What each period costs, over all seasons: yuan per unit, with the surcharge. */
export function periodPrices(version: Version): PeriodPrice[] {
  const found = new Map<string, PeriodPrice>();
  for (const season of version.seasons ?? []) {
    for (const { period = '', price = 0 } of season.hours ?? []) {
      const whole = price + (version.surcharge ?? 0);
      const one = found.get(period) ?? { period, low: whole, high: whole };
      one.low = Math.min(one.low, whole);
      one.high = Math.max(one.high, whole);
      found.set(period, one);
    }
  }
  return periods.flatMap((period) => found.get(period) ?? []);
}

/** The version that holds on a day, as 2026-11-20; else the newest. */
export function versionOn(versions: readonly Version[], day: string): number {
  const found = versions.findIndex((one) => (one.from ?? '') <= day && (!one.to || day <= one.to));
  return found < 0 ? versions.length - 1 : found;
}
