// What people do to an incident: the buttons, and asking the server to do it.
import { ask, Problem } from '../../../api/call';
import { newKey } from '../../../api/client';
import { h, icon } from './dom';
import { said } from '../../../format/said';
import { words } from '../../../i18n';
import { incidentStates, type IncidentState, type WireIncident } from '../../../live/protocol';
import { mayAct } from '../../../session/session';
import type { Page } from './page';

export type Deed = 'acknowledge' | 'dispatch' | 'arrive' | 'resolve' | 'note';

const leadsTo: Partial<Record<Deed, IncidentState>> = {
  acknowledge: 'acknowledged', dispatch: 'dispatched', arrive: 'arrived', resolve: 'resolved',
};
const icons: Record<Deed, string> = { acknowledge: 'online', dispatch: 'send', arrive: 'person', resolve: 'shield', note: 'pencil' };

/** What may be done to an incident by who sits here, the next step first; nothing when he may not act at its place. */
export function deedsFor(incident: WireIncident): Deed[] {
  if (incident.state === 'resolved' || !mayAct(incident.region ?? '', incident.project ?? '')) return [];
  const at = incidentStates.indexOf(incident.state);
  return (Object.keys(leadsTo) as Deed[]).filter((deed) => incidentStates.indexOf(leadsTo[deed]!) > at);
}

export function deedButton(deed: Deed, primary: boolean, click: () => void, sure = false): HTMLButtonElement {
  return h('button', { type: 'button', class: sure ? 'button sure' : primary ? 'button primary' : 'button', 'data-deed': deed, 'aria-keyshortcuts': deed === 'acknowledge' ? 'a' : undefined, click },
    icon(icons[deed]), sure ? words().resolveSure : words().deed[deed]!);
}

/** Whether a key answers an incident, as in the list of incidents: only where the focus is, and not where one types. */
export function answers(event: KeyboardEvent, incident: WireIncident): boolean {
  if (event.key !== 'a' || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat) return false;
  if ((event.target as Element).matches('input, textarea, select')) return false;
  return deedsFor(incident)[0] === 'acknowledge';
}

/** What was wanted of an incident and is not done, with the request's key: however often one presses, it is done once. */
const wanted = new Map<string, { what: string; key: string }>();

/** Does it, and says what went wrong; nothing when it is done. */
export async function act(page: Pick<Page, 'store' | 'schedule'>, incident: WireIncident, deed: Deed, note: string): Promise<string> {
  const t = words();
  const body = {
    deed,
    ...(note ? { note } : {}),
    // To end an incident one must have seen the whole of it. Of the other steps the
    // server refuses those that somebody else has taken.
    ...(deed === 'resolve' ? { version: incident.version } : {}),
  };
  const what = JSON.stringify(body);
  if (wanted.get(incident.id)?.what !== what) wanted.set(incident.id, { what, key: newKey() });
  try {
    const { value } = await ask<WireIncident>('POST', `/incidents/${incident.id}/actions`, { body, key: wanted.get(incident.id)!.key });
    wanted.delete(incident.id);
    page.store.putIncident(value);
    page.schedule();
    return '';
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure;
    if (failure.status === 0) return t.neverConnected;
    return failure.code === 'changed_meanwhile' ? t.changedMeanwhile : said(failure);
  }
}
