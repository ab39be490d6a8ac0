// Numbers where the app's one way for all does not do: small ones, those that are held
// against each other and have to have the same decimals, changes, and use of an area.
import { interval, money, quantity, share, type Estimate } from '../../format/format';
import { units, type Medium } from './wire';

/** The decimals with which a number of this size has so many digits that say something. */
export function decimals(size: number, digits = 3): number {
  const order = Math.floor(Math.log10(Math.abs(size)));
  return Number.isFinite(order) ? Math.min(9, Math.max(0, digits - 1 - order)) : 0;
}

/** Those of numbers that stand beside each other: the largest of them has so many digits. */
export function decimalsOf(values: readonly (number | null | undefined)[], digits = 3): number {
  return decimals(Math.max(0, ...values.map((value) => Math.abs(value ?? 0)).filter(Number.isFinite)), digits);
}

/** An estimate with as many decimals as its size asks for: little is not written as nothing. */
export function estimated(of: Estimate, unit: string): string {
  return interval(of, unit, decimalsOf([of.value, of.low, of.high]));
}

/** What something costs: of few yuan the fen as well, which would be read as nothing without. */
export const cost = (yuan: number): string => money(yuan, Math.abs(yuan) < 10);

/** A change as a share, with its sign. */
export const signed = (part: number): string => `${part > 0 ? '+' : ''}${share(part)}`;

/** Units of use per square metre: a day of water is a fraction of a litre, and of heat some kJ. */
const ofArea: Record<Medium, { unit: string; times: number }> = {
  electricity: { unit: units.electricity, times: 1 }, water: { unit: 'L', times: 1000 }, gas: { unit: units.gas, times: 1 }, heat: { unit: 'MJ', times: 1000 },
};

/** Use per square metre, with its unit. */
export function perArea(use: number, area: number, medium: Medium): string {
  const { unit, times } = ofArea[medium];
  const value = (use / area) * times;
  return quantity(value, `${unit}/m²`, decimals(value));
}
