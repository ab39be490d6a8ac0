// Which incidents are listed: the filters as the address has them, as a question to the
// server, and as a test of what the live connection tells.
import { computed, type ComputedRef, type WritableComputedRef } from 'vue';
import { zoneOf } from '../../live/names';
import { classes, incidentStates, severities, type ClassName, type IncidentState, type Severity, type WireIncident } from '../../live/protocol';
import { deviceOf } from '../../live/incidents';
import { useAt, type At } from '../../use/at';
import { choice, choices, flag, text, useQuery } from '../../use/query';
import { addDays, dayOf, instantOf } from './zone';

export const shows = ['open', 'all', 'resolved'] as const;
export type Show = (typeof shows)[number];
export const periods = ['', 'today', '7d', '30d', '90d', 'custom'] as const;
export type Period = (typeof periods)[number];

const name = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const day = /^\d{4}-\d{2}-\d{2}$/;
const path = /^[a-z0-9_-]+\/[a-z0-9_-]+\/(meter|elevator|fire|access)\/[a-z0-9_-]+$/;

/** Every filter by its name in the address. */
const kinds = {
  show: choice(shows, 'open'), severity: choices(severities), class: choice(['', ...classes] as const, ''), state: choices(incidentStates),
  rule: text('', name), kind: text('', name), device: text('', path), period: choice(periods, ''), from: text('', day), to: text('', day), overdue: flag(),
};

export interface Filters {
  show: WritableComputedRef<Show>;
  severity: WritableComputedRef<Severity[]>;
  class: WritableComputedRef<'' | ClassName>;
  state: WritableComputedRef<IncidentState[]>;
  rule: WritableComputedRef<string>;
  kind: WritableComputedRef<string>;
  device: WritableComputedRef<string>;
  period: WritableComputedRef<Period>;
  from: WritableComputedRef<string>;
  to: WritableComputedRef<string>;
  overdue: WritableComputedRef<boolean>;
  q: WritableComputedRef<string>;
  /** how many beside what is shown by default */
  set: ComputedRef<number>;
  /** what the list depends on */
  all: ComputedRef<string>;
}

/** The names in the address, to clear them. */
export const names = [...Object.keys(kinds), 'q'];

export function useFilters(): Filters {
  const filters = useQuery(kinds);
  const { q } = useQuery({ q: text('') }, { replace: true });
  const set = computed(() => [
    filters.severity.value.length, filters.class.value, filters.state.value.length, filters.rule.value, filters.kind.value, filters.device.value,
    filters.period.value, filters.overdue.value, q.value,
  ].filter(Boolean).length);
  const { at } = useAt();
  const all = computed(() => JSON.stringify([at.value, q.value, ...Object.keys(kinds).map((key) => filters[key as keyof typeof kinds].value)]));
  return { ...filters, q, set, all };
}

/** The period as instants in milliseconds; without an end it goes on. */
export function spanOf(filters: Filters, at: At, now: number): { from?: number; to?: number } {
  const zone = zoneOf(at.region, at.project);
  const today = dayOf(now, zone);
  const days = { '7d': 7, '30d': 30, '90d': 90 }[filters.period.value as string];
  if (days) return { from: instantOf(addDays(today, 1 - days), zone) };
  if (filters.period.value === 'today') return { from: instantOf(today, zone) };
  if (filters.period.value !== 'custom') return {};
  const from = instantOf(filters.from.value, zone);
  const to = filters.to.value ? instantOf(addDays(filters.to.value, 1), zone) : NaN;
  return { ...(Number.isNaN(from) ? {} : { from }), ...(Number.isNaN(to) || to <= from ? {} : { to }) };
}

/** The same as the server is asked. */
export function questionOf(filters: Filters, at: At, now: number) {
  const [region, project, cls, device] = filters.device.value.split('/');
  const span = spanOf(filters, at, now);
  const states = filters.show.value === 'resolved' ? (['resolved'] as IncidentState[]) : filters.state.value;
  return {
    ...(at.region ? { region: at.region } : {}), ...(at.project ? { project: at.project } : {}),
    severity: filters.severity.value, state: states, search: filters.q.value.trim(), kind: filters.kind.value, rule: filters.rule.value,
    ...(filters.class.value ? { class: filters.class.value } : {}), ...(device ? { region, project, class: cls as ClassName, device } : {}),
    ...(filters.show.value === 'open' ? { open: true, sort: '-severity' } : { sort: '-started_at' }), ...(filters.overdue.value ? { breached: true } : {}),
    ...(span.from === undefined ? {} : { from: new Date(span.from).toISOString() }), ...(span.to === undefined ? {} : { to: new Date(span.to).toISOString() }),
  };
}

/** Whether an incident is one that the filters let through; of a text that is searched the server alone knows. */
export function lets(filters: Filters, at: At, incident: WireIncident, now: number): boolean {
  const span = spanOf(filters, at, now);
  const started = Date.parse(incident.started_at);
  const among = <T>(list: readonly T[], one: T) => list.length === 0 || list.includes(one);
  return (filters.show.value === 'all' || (filters.show.value === 'resolved') === (incident.state === 'resolved')) &&
    (filters.show.value === 'resolved' || among(filters.state.value, incident.state)) && among(filters.severity.value, incident.severity) &&
    (!filters.class.value || incident.class === filters.class.value) && (!filters.kind.value || incident.kind === filters.kind.value) &&
    (!filters.rule.value || incident.rule === filters.rule.value) && (!filters.device.value || deviceOf(incident) === filters.device.value) &&
    (!filters.overdue.value || (incident.clocks ?? []).some((clock) => clock.state === 'breached' || clock.breached_at)) &&
    (span.from === undefined || started >= span.from) && (span.to === undefined || started < span.to) &&
    (!at.region || (incident.region === at.region && (!at.project || incident.project === at.project)));
}
