// When the day began in a time zone.

const made = new Map<string, Intl.DateTimeFormat>();

/** The beginning of the day that a time is in, in Unix milliseconds. */
export function startOfDay(at: number, zone: string): number {
  let format = made.get(zone);
  if (!format) {
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', hour: 'numeric', minute: 'numeric', second: 'numeric' });
    } catch {
      return startOfDay(at, 'Asia/Shanghai'); // a zone that this browser does not know
    }
    made.set(zone, format);
  }
  const since = (ms: number) => {
    const parts = new Map(format!.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return (((parts.get('hour') ?? 0) * 60 + (parts.get('minute') ?? 0)) * 60 + (parts.get('second') ?? 0)) * 1000;
  };
  const guess = Math.floor(at / 1000) * 1000 - since(at);
  // On the days on which clocks are changed the guess is an hour off.
  const off = since(guess);
  return off === 0 ? guess : off > 12 * 3_600_000 ? guess + 24 * 3_600_000 - off : guess - off;
}
