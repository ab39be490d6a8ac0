// What people do to an incident. What somebody wants is done once, however often a poor
// connection makes him press; and of two who press the second is told.
import { computed, ref, shallowReactive, type ComputedRef, type Ref } from 'vue';
import { Problem } from '../../api/call';
import { newKey, send } from '../../api/client';
import { saidCode } from '../../format/said';
import { words } from '../../i18n';
import { timeOf } from '../../live/incidents';
import { useLive } from '../../live/live';
import { zoneOf } from '../../live/names';
import { incidentStates, type IncidentState, type WireIncident } from '../../live/protocol';
import { mayAct } from '../../session/session';

export const steps = ['acknowledge', 'dispatch', 'arrive', 'resolve'] as const;
export type Step = (typeof steps)[number];
export type Deed = Step | 'note' | 'pause' | 'resume';

const leadsTo: Record<Step, IncidentState> = { acknowledge: 'acknowledged', dispatch: 'dispatched', arrive: 'arrived', resolve: 'resolved' };
export const icons: Record<Deed, string> = {
  acknowledge: 'online', dispatch: 'send', arrive: 'person', resolve: 'shield', note: 'pencil', pause: 'pause', resume: 'clock',
};

/** The steps that are left of an incident, the next one first; none for who may not act at its place. */
export function stepsOf(incident: WireIncident): Step[] {
  if (incident.state === 'resolved' || !mayAct(incident.region ?? '', incident.project ?? '')) return [];
  const at = incidentStates.indexOf(incident.state);
  return steps.filter((step) => incidentStates.indexOf(leadsTo[step]) > at);
}

/** When an incident began, as the server has it: what is done about it is done after. */
export const beganAt = (incident: Pick<WireIncident, 'started_at' | 'received_at'>) => Math.min(timeOf(incident.started_at), timeOf(incident.received_at) || Infinity);

type Body = { deed: Deed; note?: string; at?: string; version?: number };

export interface Doing {
  /** something is under way */
  busy: ComputedRef<boolean>;
  /** what went wrong since one began to act, in words; empty when nothing did */
  wrong: Ref<string>;
  /** Does it. Whether it is done. At is when, if that was earlier. */
  act(incident: WireIncident, deed: Deed, note?: string, at?: string): Promise<boolean>;
}

export function useDeeds(): Doing {
  const live = useLive();
  const wrong = ref('');
  /** What is under way by incident: one after the other of the same, those of others beside it. */
  const going = shallowReactive(new Map<string, { wanted: string; done: Promise<boolean> }>());
  /** What was not carried out as far as is known, by incident: pressed again it is the same request. */
  const last = new Map<string, { wanted: string; key: string }>();

  async function perform(incident: WireIncident, body: Body, wanted: string): Promise<boolean> {
    const known = last.get(incident.id);
    const key = known?.wanted === wanted ? known.key : newKey();
    last.set(incident.id, { wanted, key });
    try {
      const { value } = await send('post', '/incidents/{incident}/actions', { path: { incident: incident.id }, body, key });
      last.delete(incident.id);
      live.put(value as unknown as WireIncident);
      return true;
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      const reason = reasonOf(failure, zoneOf(incident.region ?? '', incident.project ?? ''));
      // Of several that were under way together none hides what became of another.
      if (!wrong.value.split(' · ').includes(reason)) wrong.value = [wrong.value, reason].filter(Boolean).join(' · ');
      return false;
    }
  }

  async function act(incident: WireIncident, deed: Deed, note = '', at = ''): Promise<boolean> {
    const body = {
      deed, ...(note ? { note } : {}), ...(at ? { at } : {}),
      // To end an incident one must have seen the whole of it. Of the other steps the
      // server refuses those that somebody else has taken.
      ...(deed === 'resolve' ? { version: incident.version } : {}),
    };
    const wanted = JSON.stringify([incident.id, body]);
    const before = going.get(incident.id);
    if (before?.wanted === wanted) return before.done; // pressed twice
    if (going.size === 0) wrong.value = '';
    const mine = { wanted, done: before ? before.done.catch(() => false).then(() => perform(incident, body, wanted)) : perform(incident, body, wanted) };
    going.set(incident.id, mine);
    try {
      return await mine.done;
    } finally {
      if (going.get(incident.id) === mine) going.delete(incident.id);
    }
  }
  return { busy: computed(() => going.size > 0), wrong, act };
}

/** What a failure says to people: our words for its code, the server's where it names a field, with times by the clocks of a zone. */
export function reasonOf(failure: Problem, zone?: string): string {
  if (failure.status === 0) return words().neverConnected;
  if (failure.code === 'changed_meanwhile') return words().changedMeanwhile;
  const fields = failure.fieldsIn(zone).map((field) => field.problem).filter(Boolean).join('; ');
  if (fields) return fields;
  return saidCode(failure);
}
