// The alarm of this screen: it sounds while somebody is in danger and nobody has
// answered, and tells of what is new. Whoever sits here may mute it for himself; that
// is remembered in his browser and concerns nobody else, and the display on the wall
// of the room sounds all the same.
import { shallowRef, watch } from 'vue';
import { deviceOf } from '../../../live/incidents';
import { useLive } from '../../../live/live';
import { rememberSound, sound } from '../../../session/prefs';
import { session } from '../../../session/session';
import { tagOf, Watch } from './news';
import { announce } from './notify';
import { blocked, soundDanger, soundNews, unlock, unlockWithAnyPress } from './tones';
import { everywhere, unanswered, type Within } from './unanswered';

/** Between two rounds of the alarm, in milliseconds. */
const again = 3500;

/** How many dangers it sounds for. */
export const ringing = shallowRef(0);
export const muted = shallowRef(false);
/** This screen is the one on the wall: nobody mutes it for himself. */
export const forRoom = shallowRef(false);

let started = false;
let timer = 0;
let within = everywhere;
let look = () => {};

const login = () => session().person?.login ?? '';

export function mute(to: boolean): void {
  muted.value = to;
  rememberSound(login(), !to);
  ring();
}

const audible = () => !muted.value || forRoom.value;

/** Starts or ends the rounds, as it has to be now. */
function ring(): void {
  const wanted = ringing.value > 0 && audible();
  if (wanted === (timer !== 0)) return;
  window.clearInterval(timer);
  timer = 0;
  if (!wanted) return;
  soundDanger();
  timer = window.setInterval(soundDanger, again);
}

/** Starts the alarm of this screen; once. */
export function startBell(): void {
  if (started) return;
  started = true;
  muted.value = !sound(login());
  unlockWithAnyPress();
  unlock(); // a display that is set up for it may sound at once
  watch(blocked, (silent) => {
    if (!silent && timer !== 0) soundDanger();
  });
  const live = useLive();
  const { store } = live;
  const watching = new Watch();
  const told = new Map<string, string>(); // tags of the reports that were announced and of which no incident has been, by device
  look = () => {
    const news = watching.look(store, within);
    ringing.value = unanswered(store, within);
    ring();
    for (const danger of news.dangers) {
      announce(danger);
      told.set(danger.event.device, tagOf(danger));
    }
    for (const incident of news.incidents) {
      // The incident that is made of a report takes its place without a sound of its own.
      const path = deviceOf(incident);
      const known = told.get(path) === tagOf(incident);
      if (known) told.delete(path);
      announce(incident, !known);
    }
    for (const again of news.repeated) announce(again);
    for (const path of told.keys()) if (!store.dangers.has(path)) told.delete(path);
    if (!audible() || ringing.value > 0) return;
    if (news.repeated.length > 0) soundDanger(); // once: somebody is on it, and must hear that there is more
    else if (news.incidents.some((incident) => incident.severity === 'critical')) soundNews();
  };
  live.listen((changes) => {
    if (changes.all || changes.dangers || changes.incidents) look();
  });
  look();
}

/** Whether this screen is the room's; it then sounds whatever its person has muted, for its own place alone. */
export function beRoom(is: boolean, place: Within = everywhere): void {
  forRoom.value = is;
  within = is ? place : everywhere;
  ring();
  look();
}
