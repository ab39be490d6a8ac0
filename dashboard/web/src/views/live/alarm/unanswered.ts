// For what the alarm sounds: danger to life that nobody has answered.
import { endangers } from '../../../live/incidents';
import type { WireIncident } from '../../../live/protocol';
import { placeOf, type Store } from '../../../live/store';

/** Of which places a screen tells: that on the wall of a project not of the others. */
export type Within = (region: string, project: string) => boolean;
export const everywhere: Within = () => true;

export const concerns = (incident: WireIncident, within: Within): boolean => within(incident.region ?? '', incident.project ?? '');
export function reportedIn(path: string, within: Within): boolean {
  const { region, project } = placeOf(path);
  return within(region, project);
}

/** How many dangers to life nobody has answered: incidents, and what devices report of which there is none yet. */
export function unanswered(store: Store, within: Within = everywhere): number {
  let n = 0;
  for (const incident of store.incidents.open.values()) if (incident.state === 'firing' && endangers(incident) && concerns(incident, within)) n++;
  for (const danger of store.dangers.values()) if (!danger.arrived && reportedIn(danger.event.device, within) && !store.incidents.covers(danger)) n++;
  return n;
}
