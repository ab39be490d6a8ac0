// The probability of failing within a year of a device's peers, by the same run.
import { list } from '../../api/client';
import type { Ref } from './device';

export interface Peer {
  of: 'project' | 'region' | 'company';
  value: number | null;
  low: number | null;
  high: number | null;
}

/** Of its class: in its project, and as far as the person sees it, in its region and the company. */
export async function peersOf(run: string, ref: Ref, signal?: AbortSignal): Promise<Peer[]> {
  const subject = `class:${ref.class}`;
  const ask = async (of: Peer['of'], place: { region?: string; project?: string }): Promise<Peer[]> => {
    const { items } = await list('/analytics/numbers', { query: { run, kind: ['fail_365d'], subject, per: of, limit: 10, ...place }, signal });
    const one = items.find((item) => (item.region ?? '') === (place.region ?? '') && (item.project ?? '') === (place.project ?? ''));
    return one ? [{ of, value: one.value ?? null, low: one.low ?? null, high: one.high ?? null }] : [];
  };
  const { region, project } = ref;
  return (await Promise.all([ask('project', { region, project }), ask('region', { region }), ask('company', {})])).flat();
}
