// How long the display on the wall is signed in still. Nobody sits before it who would
// see a sign-in form come, so that it is said before, and said loudly after.

/** From when on before the end of the session it is said, and from when on loudly, in milliseconds: a shift before, and at last. */
const soon = 12 * 3600_000;
const last = 3600_000;

export type Standing = 'well' | 'soon' | 'last' | 'over';

/** How the sign-in stands. endsAt: when the session ends, NaN when that is not known. */
export function standing(over: boolean, endsAt: number, now: number): Standing {
  if (over) return 'over';
  const left = endsAt - now;
  return left <= last ? 'last' : left <= soon ? 'soon' : 'well';
}
