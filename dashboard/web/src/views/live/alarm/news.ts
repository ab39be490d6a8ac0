// What is new since the alarm looked last. Nothing here touches the page.
import { deviceOf, endangers } from '../../../live/incidents';
import type { WireDanger, WireIncident } from '../../../live/protocol';
import type { Store } from '../../../live/store';
import { concerns, everywhere, reportedIn, type Within } from './unanswered';

export interface News {
  incidents: WireIncident[];
  /** what devices report of which there is no incident yet */
  dangers: WireDanger[];
  /** dangers that were taken up and are reported again: another zone of the same panel, perhaps */
  repeated: (WireIncident | WireDanger)[];
}

export const isDanger = (what: WireIncident | WireDanger): what is WireDanger => 'event' in what;

/** Finds what is new from look to look. What is there before the first word of the server is not. */
export class Watch {
  private counts: Map<string, number> | undefined; // how often each open incident came
  private reports: Map<string, number> | undefined; // how often each danger without an incident was reported, by device
  private scope = '';

  look(store: Store, within: Within = everywhere): News {
    const news: News = { incidents: [], dangers: [], repeated: [] };
    if (store.ready) this.lookAtDangers(store, within, news);
    if (store.incidents.cursor >= 0) this.lookAtIncidents(store, within, news);
    return news;
  }

  private lookAtIncidents(store: Store, within: Within, news: News): void {
    const before = this.counts;
    this.counts = new Map();
    for (const incident of store.incidents.open.values()) {
      this.counts.set(incident.id, incident.count);
      if (!before || !concerns(incident, within)) continue;
      const was = before.get(incident.id);
      if (was === undefined) {
        if (incident.state === 'firing') news.incidents.push(incident);
      } else if (incident.count > was && endangers(incident)) news.repeated.push(incident);
    }
  }

  private lookAtDangers(store: Store, within: Within, news: News): void {
    // Of another place the dangers are not new, they are only heard of now.
    const scope = JSON.stringify(store.scope);
    const before = scope === this.scope ? this.reports : undefined;
    this.scope = scope;
    this.reports = new Map();
    for (const danger of store.dangers.values()) {
      if (store.incidents.covers(danger)) continue;
      const path = danger.event.device;
      this.reports.set(path, danger.reports);
      if (!before || !reportedIn(path, within)) continue;
      const was = before.get(path);
      if (was === undefined) {
        if (!danger.arrived) news.dangers.push(danger);
      } else if (danger.reports > was) news.repeated.push(danger);
    }
  }
}

/** What a notification stands for: the incident takes the place of the report that it is made of. */
export function tagOf(what: WireIncident | WireDanger): string {
  if (isDanger(what)) return `${what.event.device}#${what.event.kind}`;
  return endangers(what) && what.device ? `${deviceOf(what)}#${what.kind}` : what.id;
}
