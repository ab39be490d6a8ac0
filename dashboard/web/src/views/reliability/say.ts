// How these views say numbers: with their interval, what they are made from, and why
// they are missing.
import { currentLanguage, i18n, word, words } from '../../i18n';
import { day, formatNumber, insufficient, money, share } from '../../format/format';
import { zoneOf } from '../../live/names';
import { because } from './because';
import type { Figure } from './documents';
import type { Result } from './results';
import type { Run } from './runs';

/** How values of a kind are written. */
export type Style = 'rate' | 'hours' | 'share' | 'years' | 'money' | 'plain' | 'count';

const styles: Record<string, Style> = {
  failure_rate: 'rate', failure_rate_shrunk: 'rate', callback_rate: 'rate', entrapment_rate: 'rate',
  mtbf: 'hours', current_mtbf: 'hours', mttr: 'hours', mean_repair_time: 'hours', mean_service_time: 'hours',
  availability: 'share', repeat_faults: 'share', fail_90d: 'share', fail_365d: 'share',
  b10: 'years', scale: 'years', optimal_age: 'years',
  plan_cost: 'money', plan_avoided: 'money', plan_mandatory_cost: 'money', plan_devices: 'count', plan_mandatory_devices: 'count',
};

export const styleOf = (kind: string): Style => styles[kind] ?? 'plain';

/** A value alone, with its unit. */
export function valueOf(value: number, style: Style, kind = ''): string {
  switch (style) {
    case 'hours': return `${digits(value)}\u00a0h`;
    case 'share': return share(value, kind === 'availability' ? 3 : 1);
    case 'years': return `${digits(value)}\u00a0${i18n.global.t('reliability.unit.years')}`;
    case 'rate': return `${digits(value)}\u00a0${i18n.global.t('reliability.unit.perYear')}`;
    case 'money': return money(value);
    case 'count': return formatNumber(Math.round(value));
    default: return digits(value);
  }
}

/** Three digits that say something. */
export function digits(value: number): string {
  const size = Math.abs(value);
  const places = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 3 : 4;
  return formatNumber(Number(value.toFixed(places)));
}

/** Its interval, as "0.33–0.50"; empty without one. */
export function spanOf(of: { low?: number | null | undefined; high?: number | null | undefined }, style: Style, kind = ''): string {
  const { low, high } = of;
  if ((low === null || low === undefined) && (high === null || high === undefined)) return '';
  const end = (value: number | null | undefined, otherwise: string) => (value === null || value === undefined ? otherwise : bare(value, style, kind));
  return `${end(low, '0')}–${end(high, '∞')}`;
}

function bare(value: number, style: Style, kind: string): string {
  switch (style) {
    case 'rate': case 'years': case 'hours': return digits(value);
    case 'share': return share(value, kind === 'availability' ? 3 : 1).replace(/[\s\u00a0]*%$/, '');
    default: return valueOf(value, style, kind);
  }
}

/** The value and its interval in one line. */
export function whole(of: Figure, style: Style, kind = ''): string {
  if (of.value === null) return insufficient();
  const span = spanOf(of, style, kind);
  return `${valueOf(of.value, style, kind)}${span ? ` (${span}${style === 'share' ? '\u00a0%' : ''})` : ''}`;
}

/** All that is to be known of a number: its interval, what it is made from, and its reasons. */
export function behind(n: Result): string {
  const t = i18n.global.t;
  const style = styleOf(n.kind);
  const span = spanOf(n, style, n.kind);
  return [
    span && n.level ? t('reliability.interval', { percent: Math.round(n.level * 100), span: `${span}${style === 'share' ? ' %' : ''}` }) : '',
    sampleOf(n),
    n.coverage === undefined || n.coverage === null ? '' : `${t('reliability.coverage')} ${share(n.coverage)}`,
    because(n.why),
  ].filter(Boolean).join('\n');
}

/** So many of something. */
export function counted(of: 'failure' | 'device' | 'callout' | 'entrapment' | 'restoration' | 'job' | 'life', n: number): string {
  return i18n.global.t(`reliability.count.${of}`, { n: formatNumber(n) }, n);
}

/** What a number is made from. */
export function sampleOf(n: Result): string {
  const t = i18n.global.t;
  switch (n.kind) {
    case 'failure_rate': case 'failure_rate_shrunk': case 'mtbf': return t('reliability.sample.failures', { count: counted('failure', n.n), years: digits(n.kind === 'mtbf' ? (n.exposure ?? 0) / hoursPerYear : n.exposure ?? 0) });
    case 'callback_rate': return t('reliability.sample.callbacks', { count: counted('callout', n.n), years: digits(n.exposure ?? 0) });
    case 'entrapment_rate': return t('reliability.sample.entrapments', { count: counted('entrapment', n.n), years: digits(n.exposure ?? 0) });
    case 'mttr': return counted('restoration', n.n);
    case 'mean_repair_time': case 'mean_service_time': return counted('job', n.n);
    case 'availability': return t('reliability.sample.devices', { count: counted('device', n.n), years: digits(n.exposure ?? 0) });
    case 'repeat_faults': return t('reliability.sample.followed', { count: counted('failure', n.n) });
    default: return t('reliability.sample.n', { n: formatNumber(n.n) });
  }
}

const hoursPerYear = 24 * 365.25;

/** The period of a run, its last day included, by the company's clocks. */
export function period(run: Run): string {
  return `${dateOf(run.from)} – ${dateOf(run.to, 1)}`;
}

/** The day of a time by the company's clocks; with before, of so many milliseconds before it. */
export function dateOf(at: string, before = 0): string {
  return day(new Intl.DateTimeFormat('en-CA', { timeZone: zoneOf('', ''), year: 'numeric', month: '2-digit', day: '2-digit' }).format(Date.parse(at) - before));
}

export function className(name: string): string {
  return word(words().classes, name);
}

/** A pool of like devices: the model, or a whole class. */
export function poolName(pool: string): string {
  return pool.startsWith('class:') ? i18n.global.t('reliability.classPool', { class: className(pool.slice(6)) }) : pool.slice(pool.indexOf(':') + 1);
}

/** Words one after another: a list, or sentences that belong together. */
export function listed(all: readonly string[], sentences = false): string {
  const zh = currentLanguage() === 'zh';
  return all.join(sentences ? (zh ? '；' : '; ') : zh ? '、' : ', ');
}
