// Payloads as bytes, as hexadecimal and as base64.

export type Form = 'text' | 'hex' | 'base64';

const encoder = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Reads 7b 22 0A, 7b220a or 0x7b,0x22: what tools print of a payload. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/0x/gi, '').replace(/[\s,;:]+/g, '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** The text of bytes, if they are one. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes that are written in a form; undefined when they are not written so. */
export function bytesIn(form: Form, written: string): Uint8Array | undefined {
  return { text: bytesOf, hex: fromHex, base64: fromBase64 }[form](written);
}

/** Bytes as they are written in a form; undefined when they cannot be. */
export function writtenIn(form: Form, bytes: Uint8Array): string | undefined {
  return { text: textOf, hex: toHex, base64: toBase64 }[form](bytes);
}

export interface HexRow {
  offset: string;
  cells: { hex: string; char: string; wrong: boolean }[];
}

/** Sixteen bytes a row, with their characters; those of a fault are marked. */
export function hexRows(bytes: Uint8Array, most: number, wrong?: { from: number; to: number }): HexRow[] {
  const rows: HexRow[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const cells = [...bytes.slice(at, Math.min(at + 16, most))].map((byte, i) => ({
      hex: toHex(Uint8Array.of(byte)), char: byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·',
      wrong: wrong !== undefined && at + i >= wrong.from && at + i < wrong.to,
    }));
    rows.push({ offset: at.toString(16).padStart(4, '0'), cells });
  }
  return rows;
}
