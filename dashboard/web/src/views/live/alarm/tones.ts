// The tones of the alarm, made by the browser itself. A browser makes no sound before
// somebody has pressed something on the page; until then the alarm is blocked, and the
// page has to say so.
import { shallowRef } from 'vue';

/** Whether the browser would stay silent. */
export const blocked = shallowRef(true);

let context: AudioContext | undefined;

/** Opens the way for sound as far as the browser lets us; at best when something was pressed. */
export function unlock(): void {
  try {
    context ??= new AudioContext();
  } catch {
    return; // a machine without sound
  }
  const told = () => (blocked.value = context?.state !== 'running');
  context.onstatechange = told;
  void context.resume().then(told, told);
  told();
}

/** Lets what is pressed anywhere on the page open the way, and what comes back from sleep. */
export function unlockWithAnyPress(): void {
  const again = () => {
    if (blocked.value) unlock();
  };
  for (const event of ['pointerdown', 'keydown']) document.addEventListener(event, again, { capture: true });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && context && context.state !== 'running') unlock();
  });
}

/** One tone: from when on, how high, how long, how loud (0 to 1). */
interface Tone {
  at: number;
  hertz: number;
  seconds: number;
  loud: number;
}

/** A siren of two tones, three times, which is heard across a room. */
const danger: readonly Tone[] = [0, 1, 2].flatMap((n) => [
  { at: n * 0.5, hertz: 960, seconds: 0.22, loud: 0.32 }, { at: n * 0.5 + 0.25, hertz: 720, seconds: 0.22, loud: 0.32 },
]);
/** Two soft tones: something new is there, nobody is in danger. */
const news: readonly Tone[] = [{ at: 0, hertz: 587, seconds: 0.16, loud: 0.12 }, { at: 0.2, hertz: 784, seconds: 0.24, loud: 0.12 }];

/** Three tones that fall: the alarm of this screen has ended itself. */
const lost: readonly Tone[] = [660, 520, 390].map((hertz, n) => ({ at: n * 0.3, hertz, seconds: 0.26, loud: 0.32 }));

function play(tones: readonly Tone[]): void {
  if (!context || context.state !== 'running') return;
  const begin = context.currentTime + 0.02;
  for (const { at, hertz, seconds, loud } of tones) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = 'triangle';
    tone.frequency.value = hertz;
    // Edges without a click.
    volume.gain.setValueAtTime(0, begin + at);
    volume.gain.linearRampToValueAtTime(loud, begin + at + 0.015);
    volume.gain.setValueAtTime(loud, begin + at + seconds - 0.03);
    volume.gain.linearRampToValueAtTime(0, begin + at + seconds);
    tone.connect(volume).connect(context.destination);
    tone.start(begin + at);
    tone.stop(begin + at + seconds + 0.02);
  }
}

export const soundDanger = (): void => play(danger);
export const soundNews = (): void => play(news);
export const soundLost = (): void => play(lost);
