// The server's time. Clocks on the page run by it, because a wall screen's own
// clock may be minutes off and a person in a lift is not.

const samples: number[] = [];

/** Notes the time that a message bears. The least delayed of the recent ones is right. */
export function noteServerTime(now: number): void {
  samples.push(now - Date.now());
  if (samples.length > 30) samples.shift();
}

export function serverNow(): number {
  return Date.now() + (samples.length ? Math.max(...samples) : 0);
}

/** mm:ss, or h:mm:ss from an hour on. */
export function elapsed(from: number, to: number): string {
  const total = Math.max(0, Math.floor((to - from) / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  const rest = `${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}
