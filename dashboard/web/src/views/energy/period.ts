// The period that is looked at, which is in the address: its length, and a day in it.
import { computed, type ComputedRef, type WritableComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { locale } from '../../i18n';
import { useAt } from '../../use/at';
import { choice, text, useQuery } from '../../use/query';
import { zoneOf } from '../../live/names';
import { dayIn, dayPattern, plusDays, spans, stepTo, stretchOf, type Span, type Stretch } from './days';
import { media, type Medium } from './wire';

/** The medium, which all tabs share. */
export function useMedium(): WritableComputedRef<Medium> {
  return useQuery({ medium: choice(media, 'electricity') }).medium;
}

export interface Shown {
  span: WritableComputedRef<Span>;
  /** the period, whole */
  stretch: ComputedRef<Stretch>;
  /** as people call it */
  name: ComputedRef<string>;
  /** to the period before or after */
  go(n: number): void;
  /** there is a later one that has begun */
  later: ComputedRef<boolean>;
  /** the last day of which something can be known */
  yesterday: ComputedRef<string>;
}

export function useShown(): Shown {
  const { t } = useI18n();
  const { at } = useAt();
  const { span, on } = useQuery({ span: choice(spans, 'month'), on: text('', dayPattern) });
  const yesterday = computed(() => plusDays(dayIn(zoneOf(at.value.region, at.value.project), Date.now()), -1));
  const day = computed(() => (on.value && !Number.isNaN(Date.parse(on.value)) && on.value < yesterday.value ? on.value : yesterday.value));
  const stretch = computed(() => stretchOf(span.value, day.value));
  return {
    span, stretch, yesterday,
    name: computed(() => nameOf(span.value, stretch.value, t)),
    go: (n) => {
      const next = stepTo(span.value, day.value, n);
      on.value = next >= stretchOf(span.value, yesterday.value).from ? '' : next;
    },
    later: computed(() => stretch.value.to <= yesterday.value),
  };
}

const format = (day: string, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(locale(), { ...options, timeZone: 'UTC' }).format(Date.parse(`${day}T00:00:00Z`));

/** A day without its year. */
export const shortDay = (day: string): string => format(day, { month: 'numeric', day: 'numeric' });
export const weekDay = (day: string): string => format(day, { weekday: 'short' });
export const wholeDay = (day: string): string => format(day, { year: 'numeric', month: 'numeric', day: 'numeric', weekday: 'short' });

function nameOf(span: Span, { from, to }: Stretch, t: (key: string, named: Record<string, string>) => string): string {
  switch (span) {
    case 'day': return wholeDay(from);
    case 'week': return t('energy.week', { from: format(from, { year: 'numeric', month: 'numeric', day: 'numeric' }), to: shortDay(plusDays(to, -1)) });
    case 'month': return format(from, { year: 'numeric', month: 'long' });
    case 'year': return format(from, { year: 'numeric' });
  }
}

/** A step of an answer, on an axis: its hour, day or month. */
export function stepLabel(at: string): string {
  if (at.length === 13) return `${at.slice(11)}:00`;
  if (at.length === 7) return format(`${at}-01`, { month: 'short' });
  return shortDay(at);
}

/** The same in full. */
export function stepName(at: string): string {
  if (at.length === 13) return `${shortDay(at.slice(0, 10))} ${at.slice(11)}:00`;
  if (at.length === 7) return format(`${at}-01`, { year: 'numeric', month: 'long' });
  return wholeDay(at);
}
