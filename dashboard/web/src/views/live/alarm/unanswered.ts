// For what the alarm sounds: danger to life that nobody has answered.
import { endangers } from '../../../live/incidents';
import type { Store } from '../../../live/store';

/** How many dangers to life nobody has answered: incidents, and what devices report of which there is none yet. */
export function unanswered(store: Store): number {
  let n = 0;
  for (const incident of store.incidents.open.values()) if (endangers(incident) && incident.state === 'firing') n++;
  for (const danger of store.dangers.values()) if (!danger.arrived && !store.incidents.covers(danger)) n++;
  return n;
}
