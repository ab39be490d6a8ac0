// Notifications of the browser, for whoever has another window before him. They are
// asked for by a button and never by themselves.
import { shallowRef } from 'vue';
import { endangers, isQuiet } from '../../../live/incidents';
import type { WireIncident } from '../../../live/protocol';
import { word, words } from '../../../i18n';
import { router } from '../../../router';
import { titleOf, wholePlaceOf } from '../parts/clocks';

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

/** Tells of a new incident: always of danger to life, of what is critical when the page is not seen. */
export function announce(incident: WireIncident): void {
  const grave = endangers(incident);
  if (!grave && (incident.severity !== 'critical' || isQuiet(incident) || !document.hidden)) return;
  if (present() !== 'granted') return;
  try {
    const note = new Notification(`${word(words().severity, incident.severity)}: ${titleOf(incident)}`, {
      body: wholePlaceOf(incident), tag: incident.id, requireInteraction: grave,
    });
    note.onclick = () => {
      window.focus();
      void router.push({ name: 'incidents', params: { incident: incident.id } });
      note.close();
    };
  } catch {
    // Phones have them by a worker alone; there the page itself is before one's eyes.
  }
}
