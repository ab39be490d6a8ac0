// What people do to an incident: the buttons, and asking the server to do it.
import { call, Problem } from '../../../api/call';
import { h, icon } from './dom';
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

export function deedButton(deed: Deed, primary: boolean, click: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: primary ? 'button primary' : 'button', 'data-deed': deed, click },
    icon(icons[deed]), words().deed[deed]!);
}

/** Does it, and says what went wrong; nothing when it is done. */
export async function act(page: Page, incident: WireIncident, deed: Deed, note: string): Promise<string> {
  const t = words();
  try {
    const answer = await call<WireIncident>('POST', `/incidents/${incident.id}/actions`, {
      deed,
      ...(note ? { note } : {}),
      // To end an incident one must have seen the whole of it. Of the other steps the
      // server refuses those that somebody else has taken.
      ...(deed === 'resolve' ? { version: incident.version } : {}),
    });
    page.store.putIncident(answer);
    page.schedule();
    return '';
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure;
    if (failure.status === 0) return t.neverConnected;
    return failure.code === 'changed_meanwhile' ? t.changedMeanwhile : t.codes[failure.code] ?? failure.message;
  }
}
