// Whether there is a metric of a name: a rule that watches one that nothing measures is
// taken by the server, for it may come, and never fires.

export interface Unknown {
  name: string;
  /** of those that are known, the nearest first */
  near: readonly string[];
}

/** As far apart as mistakes of typing are. */
const farthest = 2;
const mostNear = 3;

/** What is not known of the name of a metric; undefined when it is known, or none. */
export function unknownMetric(name: string, known: readonly string[]): Unknown | undefined {
  if (!name || known.length === 0 || known.includes(name)) return undefined;
  const near = [...new Set(known)].map((one) => ({ one, far: distance(name, one) })).filter(({ far }) => far <= farthest).sort((a, b) => a.far - b.far);
  return { name, near: near.slice(0, mostNear).map(({ one }) => one) };
}

/** How many letters are to be put in, taken out or replaced to make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
