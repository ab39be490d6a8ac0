// How the measures of a scorecard are written: most are shares; complaints are a count
// per hundred households, and energy a multiple of the median of comparable buildings.
import { i18n } from '../../i18n';
import { interval, quantity, share, shareInterval, type Estimate } from '../../format/format';

type Way = 'share' | 'rate' | 'multiple' | 'score';

function wayOf(name: string): Way {
  if (name === 'score') return 'score';
  if (name === 'complaint_rate') return 'rate';
  return name === 'energy_intensity' ? 'multiple' : 'share';
}

/** Whether more of it is better. */
export function moreIsBetter(name: string): boolean {
  return name !== 'complaint_rate' && name !== 'energy_intensity';
}

export function measureName(name: string): string {
  const key = `headquarters.measure.${name}`;
  return i18n.global.te(key) ? i18n.global.t(key) : name;
}

export function measureUnit(name: string): string {
  const way = wayOf(name);
  return way === 'rate' ? i18n.global.t('headquarters.unit.rate') : way === 'multiple' ? '×' : way === 'score' ? i18n.global.t('headquarters.unit.score') : '';
}

/** A value alone, as on an axis. */
export function measureValue(name: string, value: number | null | undefined): string {
  const way = wayOf(name);
  if (way === 'share') return share(value, name === 'availability' ? 2 : 1);
  return quantity(value, way === 'score' ? '' : measureUnit(name), way === 'score' ? 1 : 2);
}

/** A value with its interval. */
export function measureInterval(name: string, of: Estimate): string {
  const way = wayOf(name);
  if (way === 'share') return shareInterval(of, name === 'availability' ? 2 : 1);
  return interval(of, way === 'score' ? '' : measureUnit(name), way === 'score' ? 1 : 2);
}
