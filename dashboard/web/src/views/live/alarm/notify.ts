// Notifications of the browser, for whoever has another window before him. They are
// asked for by a button and never by themselves.
import { shallowRef } from 'vue';
import type { RouteLocationRaw } from 'vue-router';
import { endangers, isQuiet } from '../../../live/incidents';
import { placeName } from '../../../live/names';
import type { WireDanger, WireIncident } from '../../../live/protocol';
import { placeOf } from '../../../live/store';
import { word, words } from '../../../i18n';
import { router } from '../../../router';
import { titleOf, wholePlaceOf } from '../parts/clocks';
import { formatQuery, parseQuery } from '../parts/route';
import { isDanger, tagOf } from './news';

export type Permission = NotificationPermission | 'insecure' | 'unavailable';

function present(): Permission {
  if (!window.isSecureContext) return 'insecure'; // but for the machine itself, a browser has none without TLS
  return 'Notification' in window ? Notification.permission : 'unavailable';
}

export const permission = shallowRef<Permission>(present());

export async function askToNotify(): Promise<void> {
  if (present() === 'default') await Notification.requestPermission();
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
  if (isDanger(what)) {
    const to = { name: 'live', query: formatQuery({ ...parseQuery({}), device: what.event.device }) };
    show(`${words().severity['life_safety']}: ${word(words().kind, what.event.kind)}`, { ...options, body: bodyOf(placeOfDanger(what), what.reports) }, to);
  } else {
    const to = { name: 'incidents', params: { incident: what.id } };
    show(`${word(words().severity, what.severity)}: ${titleOf(what)}`, { ...options, body: bodyOf(wholePlaceOf(what), what.count) }, to);
  }
}

/** Shows a notification that leads to where it tells of. */
function show(title: string, options: Options, to: RouteLocationRaw): void {
  try {
    const note = new Notification(title, options);
    note.onclick = () => {
      window.focus();
      void router.push(to);
      note.close();
    };
  } catch {
    void showByWorker(title, { ...options, data: router.resolve(to).href });
  }
}

let listening = false;

/** On Android a page may show none by itself: its worker does, and says which one was pressed. */
async function showByWorker(title: string, options: Options): Promise<void> {
  if (!listening) navigator.serviceWorker.addEventListener('message', ({ data }) => void router.push(String(data)));
  listening = true;
  await navigator.serviceWorker.register('/notifications.js'); // once it is there this finds it
  await (await navigator.serviceWorker.ready).showNotification(title, options);
}

const bodyOf = (place: string, times: number) => (times > 1 ? `${place} · ${words().markCount(times)}` : place);

function placeOfDanger(danger: WireDanger): string {
  const { region, project, id } = placeOf(danger.event.device);
  return `${placeName(region, project)} / ${id}`;
}
