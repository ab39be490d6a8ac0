// What changed between two texts, line by line.

export interface Line {
  kind: 'same' | 'gone' | 'new';
  text: string;
}

/** Texts of rules have at most some hundred lines: the longest common part is found by the table. */
export function difference(before: string, after: string): Line[] {
  const a = lines(before);
  const b = lines(after);
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) common[i]![j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  }
  const out: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push({ kind: 'same', text: a[i]! });
      i++;
      j++;
    } else if (i < a.length && (j === b.length || common[i + 1]![j]! >= common[i]![j + 1]!)) out.push({ kind: 'gone', text: a[i++]! });
    else out.push({ kind: 'new', text: b[j++]! });
  }
  return out;
}

function lines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Of long texts the lines that changed, with some around them; null is what was left out. */
export function context(all: readonly Line[], around = 3): (Line | null)[] {
  const near = (i: number) => all.slice(Math.max(0, i - around), i + around + 1).some((line) => line.kind !== 'same');
  const out: (Line | null)[] = [];
  all.forEach((line, i) => {
    if (near(i)) out.push(line);
    else if (out.at(-1) !== null) out.push(null);
  });
  return out;
}
