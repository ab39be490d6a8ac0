// Opens a workbook of Excel as a spreadsheet does, as far as cells go: the archive by its
// central directory, then the sheets with their texts and numbers.
import { inflateRawSync } from 'node:zlib';

/** The files of a zip archive by name. Throws when it is none, or is cut off. */
export function unzip(archive) {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== 0x06054b50) end--;
  if (end < 0) throw new Error('no end of a central directory: this is no zip archive');
  const files = new Map();
  let at = archive.readUInt32LE(end + 16);
  for (let n = archive.readUInt16LE(end + 10); n > 0; n--) {
    if (archive.readUInt32LE(at) !== 0x02014b50) throw new Error(`no entry of the central directory at ${at}`);
    const method = archive.readUInt16LE(at + 10);
    const packed = archive.readUInt32LE(at + 20);
    const size = archive.readUInt32LE(at + 24);
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const local = archive.readUInt32LE(at + 42);
    const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const body = archive.subarray(from, from + packed);
    const whole = method === 0 ? body : inflateRawSync(body);
    if (whole.length !== size) throw new Error(`a file of ${whole.length} bytes that should have ${size}`);
    files.set(archive.toString('utf8', at + 46, at + 46 + name), whole);
    at += 46 + name + extra + comment;
  }
  return files;
}

const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const plain = (xml) => xml.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, dec, name) => (hex ? String.fromCodePoint(parseInt(hex, 16)) : dec ? String.fromCodePoint(Number(dec)) : entities[name] ?? whole));
const texts = (xml) => [...xml.matchAll(/<t(?:\s[^>]*)?>([^<]*)<\/t>/g)].map(([, text]) => plain(text)).join('');
const attribute = (tag, name) => plain(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

/** The sheets of a workbook by name, each a list of rows of texts and numbers; empty cells are left out. */
export function workbook(bytes) {
  const files = unzip(bytes);
  const read = (name) => {
    if (!files.has(name)) throw new Error(`the workbook has no ${name}, only ${[...files.keys()].join(', ')}`);
    return files.get(name).toString('utf8');
  };
  const shared = files.has('xl/sharedStrings.xml') ? [...read('xl/sharedStrings.xml').matchAll(/<si>(.*?)<\/si>/gs)].map(([, one]) => texts(one)) : [];
  const targets = new Map([...read('xl/_rels/workbook.xml.rels').matchAll(/<Relationship\s[^>]*>/g)].map(([tag]) => [attribute(tag, 'Id'), attribute(tag, 'Target')]));
  const sheets = new Map();
  for (const [tag] of read('xl/workbook.xml').matchAll(/<sheet\s[^>]*>/g)) {
    const target = targets.get(attribute(tag, 'r:id'));
    const xml = read(target.startsWith('/') ? target.slice(1) : `xl/${target}`);
    sheets.set(attribute(tag, 'name'), [...xml.matchAll(/<row(?:\s[^>]*)?(?<!\/)>(.*?)<\/row>/gs)].map(([, row]) =>
      [...row.matchAll(/<c((?:\s[^>]*?)?)(?:\/>|>(.*?)<\/c>)/gs)].flatMap(([, head, body = '']) => {
        const kind = attribute(head, 't');
        if (kind === 'inlineStr') return [texts(body)];
        const value = /<v(?:\s[^>]*)?>([^<]*)<\/v>/.exec(body)?.[1];
        if (value === undefined) return [];
        return [kind === 's' ? shared[Number(value)] : kind === 'str' ? plain(value) : Number(value)];
      })));
  }
  return sheets;
}
