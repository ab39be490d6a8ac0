// The text of a rule, as one edits it: a mapping of YAML, or JSON. Fields are read from
// it and written into it in place, so that remarks and what a form does not know stay
// as they were. What it cannot read as a plain value it leaves to the text.

/** A key of the mapping with the lines that are its own. */
interface Entry {
  key: string;
  from: number; // line, from 0
  to: number; // the line after the last
  inline: string;
  block: readonly string[]; // the indented lines below it
}

/** Where a new key goes: behind the last of those before it that is there. */
const order = [
  'name', 'kind', 'mode', 'class', 'place', 'incident', 'severity', 'title', 'where', 'metric', 'when', 'for', 'until', 'keep', 'over', 'per', 'count',
  'absence', 'combine', 'query', 'every', 'unit', 'marks', 'cause', 'responder', 'labels', 'runbook',
];

export interface Pair {
  zh: string;
  en: string;
}

export function isJSON(text: string): boolean {
  return text.trimStart().startsWith('{');
}

function entries(lines: readonly string[]): Entry[] {
  const found: Entry[] = [];
  let open: { key: string; from: number; inline: string } | undefined;
  const close = (to: number) => {
    if (!open) return;
    let end = to;
    // Remarks and empty lines before the next key belong to that.
    while (end > open.from + 1 && /^\s*(#.*)?$/.test(lines[end - 1]!) && !/^\s+#/.test(lines[end - 1]!)) end--;
    found.push({ ...open, to: end, block: lines.slice(open.from + 1, end) });
  };
  lines.forEach((line, i) => {
    const key = /^([a-z_]+):(?:[ \t]+(.*?))?[ \t]*$/.exec(line);
    if (!key) return;
    close(i);
    open = { key: key[1]!, from: i, inline: key[2] ?? '' };
  });
  close(lines.length);
  return found;
}

function dedent(block: readonly string[]): string[] {
  const widths = block.filter((line) => line.trim()).map((line) => /^ */.exec(line)![0].length);
  const width = widths.length ? Math.min(...widths) : 0;
  return block.map((line) => line.slice(width));
}

/** A value that is one text or number; undefined when it is something else. */
function scalar(inline: string, block: readonly string[]): string | undefined {
  const folded = /^([|>])([+-]?)$/.exec(inline);
  if (folded) {
    const lines = dedent(block);
    const text = folded[1] === '|' ? lines.join('\n') : lines.map((line) => line.trim()).join(' ');
    return text.replace(/\s+$/, '');
  }
  if (block.some((line) => line.trim() && !line.trim().startsWith('#'))) return undefined;
  const first = inline[0] ?? '';
  if (first === '"') {
    const quoted = /^"(?:[^"\\]|\\.)*"/.exec(inline)?.[0];
    try {
      return quoted ? (JSON.parse(quoted) as string) : undefined;
    } catch {
      return undefined;
    }
  }
  if (first === "'") return /^'((?:[^']|'')*)'/.exec(inline)?.[1]?.replaceAll("''", "'");
  if ('{[&*!%@`'.includes(first) && first) return undefined;
  return inline.replace(/\s+#.*$/, '');
}

/** A flow mapping of texts, as { zh: 停电, en: Power failure }. */
function flow(inline: string): Record<string, string> | undefined {
  const body = /^\{(.*)\}\s*(?:#.*)?$/.exec(inline)?.[1];
  if (body === undefined) return undefined;
  const out: Record<string, string> = {};
  const part = /\s*([A-Za-z_]+)\s*:\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,{}[\]"']*(?:[^,{}[\]]*))\s*(?:,|$)/y;
  while (part.lastIndex < body.length && body.slice(part.lastIndex).trim()) {
    const match = part.exec(body);
    if (!match) return undefined;
    const value = scalar(match[2]!.trim(), []);
    if (value === undefined) return undefined;
    out[match[1]!] = value;
  }
  return out;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The value of a field; empty when it is not there, undefined when it is no plain value. */
export function readField(text: string, key: string): string | undefined {
  if (isJSON(text)) {
    const value = parsed(text)?.[key];
    if (value === undefined) return '';
    return typeof value === 'object' ? undefined : String(value);
  }
  const entry = entries(text.split('\n')).find((one) => one.key === key);
  return entry ? scalar(entry.inline, entry.block) : '';
}

/** A text in both languages. */
export function readPair(text: string, key: string): Pair | undefined {
  const pair = (of: Record<string, unknown>): Pair | undefined =>
    Object.values(of).every((value) => typeof value === 'string') ? { zh: (of['zh'] as string) ?? '', en: (of['en'] as string) ?? '' } : undefined;
  if (isJSON(text)) {
    const value = parsed(text)?.[key] ?? {};
    return typeof value === 'object' && value !== null ? pair(value as Record<string, unknown>) : undefined;
  }
  const entry = entries(text.split('\n')).find((one) => one.key === key);
  if (!entry) return { zh: '', en: '' };
  if (entry.inline) {
    const found = flow(entry.inline);
    return found && pair(found);
  }
  const found: Record<string, unknown> = {};
  for (const one of entries(dedent(entry.block))) found[one.key] = scalar(one.inline, one.block);
  return pair(found);
}

const plain = /^[\p{L}\p{N}_(/][^\n]*$/u;
const ambiguous = /^(?:true|false|yes|no|on|off|null|~|[-+.\d][-+.\d_e:]*)$/i;

function quote(value: string, inFlow: boolean, asText: boolean): string {
  const safe = plain.test(value) && value.trim() === value && !/: |:$|\s#/.test(value) && !(inFlow && /[,{}[\]]/.test(value)) && !(asText && ambiguous.test(value));
  return safe ? value : JSON.stringify(value);
}

function literal(key: string, value: string, indent: string): string[] {
  return [`${indent}${key}: |`, ...value.split('\n').map((line) => (line ? `${indent}  ${line}` : ''))];
}

function put(text: string, key: string, lines: readonly string[]): string {
  const all = text.split('\n');
  const found = entries(all);
  const entry = found.find((one) => one.key === key);
  if (entry) {
    all.splice(entry.from, entry.to - entry.from, ...lines);
    return all.join('\n');
  }
  if (lines.length === 0) return text;
  const rank = order.indexOf(key);
  const before = found.filter((one) => order.indexOf(one.key) <= rank).at(-1);
  const at = before ? before.to : found[0]?.from ?? 0;
  all.splice(at, 0, ...lines);
  return all.join('\n');
}

const numbers = new Set(['count']);

/** The text with another value of a field; without the field when it is empty. */
export function writeField(text: string, key: string, value: string): string {
  if (isJSON(text)) {
    const all = parsed(text);
    if (!all) return text;
    if (value === '') delete all[key];
    else all[key] = numbers.has(key) && /^\d+$/.test(value) ? Number(value) : value;
    return `${JSON.stringify(all, null, 2)}\n`;
  }
  if (value === '') return put(text, key, []);
  return put(text, key, value.includes('\n') ? literal(key, value, '') : [`${key}: ${quote(value, false, !numbers.has(key))}`]);
}

export function writePair(text: string, key: string, value: Pair): string {
  if (isJSON(text)) {
    const all = parsed(text);
    if (!all) return text;
    all[key] = { ...(value.zh ? { zh: value.zh } : {}), ...(value.en ? { en: value.en } : {}) };
    return `${JSON.stringify(all, null, 2)}\n`;
  }
  const parts = (['zh', 'en'] as const).filter((lang) => value[lang]);
  if (parts.length === 0) return put(text, key, []);
  if (parts.some((lang) => value[lang].includes('\n'))) {
    return put(text, key, [`${key}:`, ...parts.flatMap((lang) => literal(lang, value[lang], '  '))]);
  }
  return put(text, key, [`${key}: { ${parts.map((lang) => `${lang}: ${quote(value[lang], true, true)}`).join(', ')} }`]);
}
