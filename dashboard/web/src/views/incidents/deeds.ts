// What people do to an incident. What somebody wants is done once, however often a poor
// connection makes him press; and of two who press the second is told.
import { ref, type Ref } from 'vue';
import { Problem } from '../../api/call';
import { newKey, send } from '../../api/client';
import { i18n, words } from '../../i18n';
import { useLive } from '../../live/live';
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

export interface Doing {
  busy: Ref<boolean>;
  /** what went wrong with the last one, in words; empty when nothing did */
  wrong: Ref<string>;
  /** Does it. Whether it is done. At is when, if that was earlier. */
  act(incident: WireIncident, deed: Deed, note?: string, at?: string): Promise<boolean>;
}

export function useDeeds(): Doing {
  const live = useLive();
  const busy = ref(false);
  const wrong = ref('');
  let last = { wanted: '', key: '' };

  async function act(incident: WireIncident, deed: Deed, note = '', at = ''): Promise<boolean> {
    if (busy.value) return false;
    const body = {
      deed, ...(note ? { note } : {}), ...(at ? { at } : {}),
      // To end an incident one must have seen the whole of it. Of the other steps the
      // server refuses those that somebody else has taken.
      ...(deed === 'resolve' ? { version: incident.version } : {}),
    };
    const wanted = JSON.stringify([incident.id, body]);
    if (last.wanted !== wanted) last = { wanted, key: newKey() };
    busy.value = true;
    try {
      const { value } = await send('post', '/incidents/{incident}/actions', { path: { incident: incident.id }, body, key: last.key });
      last = { wanted: '', key: '' };
      wrong.value = '';
      live.put(value as unknown as WireIncident);
      return true;
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      wrong.value = reasonOf(failure);
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, wrong, act };
}

/** What a failure says to people: our words for its code, the server's where it names a field. */
export function reasonOf(failure: Problem): string {
  if (failure.status === 0) return words().neverConnected;
  if (failure.code === 'changed_meanwhile') return words().changedMeanwhile;
  const fields = failure.fields.map((field) => field.problem).filter(Boolean).join('; ');
  if (fields) return fields;
  const { t, te } = i18n.global;
  return te(`app.codes.${failure.code}`) ? t(`app.codes.${failure.code}`) : failure.message;
}
