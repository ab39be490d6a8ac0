// Notifications of the browser, for whoever has another window before him. They are
// asked for by a button and never by themselves.
import { shallowRef } from 'vue';
import { endangers, isQuiet } from '../../../live/incidents';
import { placeName } from '../../../live/names';
import type { WireDanger, WireIncident } from '../../../live/protocol';
import { placeOf } from '../../../live/store';
import { word, words } from '../../../i18n';
import { router } from '../../../router';
import { titleOf, wholePlaceOf } from '../parts/clocks';
import { formatQuery, parseQuery } from '../parts/route';
import { isDanger, tagOf } from './news';

export type Permission = 'granted' | 'denied' | 'default' | 'unavailable';

function present(): Permission {
  // Without TLS a browser has none, but for the machine itself.
  return 'Notification' in window && window.isSecureContext ? Notification.permission : 'unavailable';
}

export const permission = shallowRef<Permission>(present());

export async function askToNotify(): Promise<void> {
  if (present() === 'unavailable') return;
  await Notification.requestPermission();
  permission.value = present();
}

/** Not in every browser, and in no declaration of TypeScript: sounds again although another with its tag is there. */
type Options = NotificationOptions & { renotify?: boolean };

/** Tells of a new danger or incident: always of danger to life, of what is critical when the page is not seen. */
export function announce(what: WireIncident | WireDanger, again = true): void {
  const grave = isDanger(what) || endangers(what);
  if (!grave && (what.severity !== 'critical' || isQuiet(what) || !document.hidden)) return;
  if (present() !== 'granted') return;
  const options: Options = { tag: tagOf(what), requireInteraction: grave, renotify: again };
  try {
    const note = isDanger(what)
      ? new Notification(`${words().severity['life_safety']}: ${word(words().kind, what.event.kind)}`, { ...options, body: bodyOf(placeOfDanger(what), what.reports) })
      : new Notification(`${word(words().severity, what.severity)}: ${titleOf(what)}`, { ...options, body: bodyOf(wholePlaceOf(what), what.count) });
    note.onclick = () => {
      window.focus();
      void router.push(isDanger(what) ? { name: 'live', query: formatQuery({ ...parseQuery({}), device: what.event.device }) } : { name: 'incidents', params: { incident: what.id } });
      note.close();
    };
  } catch {
    // Phones have them by a worker alone; there the page itself is before one's eyes.
  }
}

const bodyOf = (place: string, times: number) => (times > 1 ? `${place} · ${words().markCount(times)}` : place);

function placeOfDanger(danger: WireDanger): string {
  const { region, project, id } = placeOf(danger.event.device);
  return `${placeName(region, project)} / ${id}`;
}
