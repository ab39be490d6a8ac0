// The alarm of this screen: it sounds while somebody is in danger and nobody has
// answered, and tells of what is new. Whoever sits here may mute it for himself; that
// is remembered in his browser and concerns nobody else, and the display on the wall
// of the room sounds all the same.
import { shallowRef, watch } from 'vue';
import { useLive } from '../../../live/live';
import { rememberSound, sound } from '../../../session/prefs';
import { session } from '../../../session/session';
import { announce } from './notify';
import { blocked, soundDanger, soundNews, unlock, unlockWithAnyPress } from './tones';
import { unanswered } from './unanswered';

/** Between two rounds of the alarm, in milliseconds. */
const again = 3500;

/** How many dangers it sounds for. */
export const ringing = shallowRef(0);
export const muted = shallowRef(false);
/** This screen is the one on the wall: nobody mutes it for himself. */
export const forRoom = shallowRef(false);

let started = false;
let timer = 0;

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
  let known: Set<string> | undefined; // the incidents that were there; none before the first message
  const look = () => {
    ringing.value = unanswered(store);
    ring();
    if (store.incidents.cursor < 0) return;
    const open = [...store.incidents.open.values()];
    const fresh = known ? open.filter((incident) => !known!.has(incident.id) && incident.state === 'firing') : [];
    known = new Set(open.map((incident) => incident.id));
    for (const incident of fresh) announce(incident);
    if (audible() && ringing.value === 0 && fresh.some((incident) => incident.severity === 'critical')) soundNews();
  };
  live.listen((changes) => {
    if (changes.all || changes.dangers || changes.incidents) look();
  });
  look();
}

/** Whether this screen is the room's; it then sounds whatever its person has muted. */
export function beRoom(is: boolean): void {
  forRoom.value = is;
  ring();
}
