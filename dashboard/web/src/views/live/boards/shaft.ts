// How high a shaft is: as its building has it in the registry, or else six floors; and as
// far as its car was seen to go.

export interface Shaft {
  lowest: number;
  highest: number;
  floors: number;
  /** where the car is: 0 at the bottom, 1 at the top */
  at: number;
}

/** How high a shaft is of whose building nothing is known. */
const usual = 6;
const seen = new Map<string, { low: number; high: number }>(); // where a car was

export function shaftOf(path: string, floor: number | undefined, floors: number): Shaft {
  let range = seen.get(path);
  if (!range) seen.set(path, (range = { low: 1, high: 1 }));
  if (floor !== undefined) {
    range.low = Math.min(range.low, Math.floor(floor));
    range.high = Math.max(range.high, Math.ceil(floor));
  }
  const { low } = range;
  const high = Math.max(range.high, floors || usual);
  const count = high - low + 1;
  return { lowest: low, highest: high, floors: count, at: floor === undefined || count < 2 ? 0 : Math.min(1, Math.max(0, (floor - low) / (count - 1))) };
}
