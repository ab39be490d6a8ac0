// Until when a token is good, by a day that is chosen.
import { addDays, instantOf } from '../../incidents/zone';

/** The last second of a day by the clocks of a zone; NaN while the day, or its year, is being typed. */
export function endOfDay(day: string, zone: string): number {
  return /^2\d{3}-\d{2}-\d{2}$/.test(day) ? instantOf(addDays(day, 1), zone) - 1000 : NaN;
}
