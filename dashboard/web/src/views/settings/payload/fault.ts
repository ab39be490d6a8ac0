// Where in a payload something is wrong. The server says what; for JSON that breaks off
// and for values with a name, the place is found here, so that it can be marked.

export interface Fault {
  from: number; // in characters
  to: number;
}

/** The first place at which a text is not JSON; undefined when it is. */
export function syntaxFault(text: string): Fault | undefined {
  let at = 0;
  const space = () => {
    while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++;
  };
  const wrong = (): Fault => (at < text.length ? { from: at, to: at + 1 } : { from: Math.max(0, text.length - 1), to: text.length });
  const word = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
  const string = (): Fault | undefined => {
    if (text[at] !== '"') return wrong();
    at++;
    while (at < text.length && text[at] !== '"') {
      if (text.charCodeAt(at) < 0x20) return wrong();
      at += text[at] === '\\' ? 2 : 1;
    }
    if (at >= text.length) return wrong();
    at++;
    return undefined;
  };
  const list = (end: string, part: () => Fault | undefined): Fault | undefined => {
    at++;
    space();
    if (text[at] === end) {
      at++;
      return undefined;
    }
    for (;;) {
      space();
      const bad = part();
      if (bad) return bad;
      space();
      const next = text[at];
      if (next !== ',' && next !== end) return wrong();
      at++;
      if (next === end) return undefined;
    }
  };
  const value = (depth: number): Fault | undefined => {
    space();
    const first = text[at];
    if (depth > 200) return wrong();
    if (first === '"') return string();
    if (first === '[') return list(']', () => value(depth + 1));
    if (first === '{') {
      return list('}', () => {
        const bad = string();
        if (bad) return bad;
        space();
        if (text[at] !== ':') return wrong();
        at++;
        return value(depth + 1);
      });
    }
    word.lastIndex = at;
    const found = word.exec(text);
    if (!found) return wrong();
    at += found[0].length;
    return undefined;
  };
  const bad = value(0);
  if (bad) return bad;
  space();
  return at < text.length ? wrong() : undefined;
}

/** The value that an error names by its key, as "power_kw" in `value "power_kw" is a JSON string`. */
export function namedFault(text: string, error: string): Fault | undefined {
  const names = [...error.matchAll(/"([^"\\]{1,64})"|\b([a-z][a-z0-9_]{1,63})\b/g)].map((match) => match[1] ?? match[2]!);
  for (const name of names) {
    const key = `"${name}"`;
    for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
      const after = /^\s*:\s*/.exec(text.slice(at + key.length));
      if (!after) continue;
      const from = at + key.length + after[0].length;
      const token = /^(?:"(?:[^"\\]|\\.)*"|[^,}\]\s]+)/.exec(text.slice(from))?.[0] ?? '';
      return { from: token ? from : at, to: token ? from + token.length : at + key.length };
    }
  }
  return undefined;
}

/** A status is one word, and no JSON. */
export function isStatus(topic: string): boolean {
  return topic.trim().endsWith('/status');
}

/** Where a payload is wrong, by what the server says of it; undefined when that is not one place. */
export function faultOf(topic: string, text: string, error: string): Fault | undefined {
  if (!text || isStatus(topic)) return undefined;
  return syntaxFault(text) ?? namedFault(text, error);
}

/** Line and column of a place, from 1. */
export function placeOfFault(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
