// What is wrong with a field, a row or a line, as the server says it, in the language of
// the page. The server speaks English, in forms that Go's fmt fills in: the catalog has
// them in Chinese, and a test of the server wants each of its forms in there; what its
// parser of JSON says has a catalog of its own, for those are another project's words.
// What is in no form stays as it is: that is better than nothing beside its field and
// its value.
import { shallowRef } from 'vue';
import { currentLanguage, i18n, locale } from '../i18n';
import { zoneOf } from '../live/names';

interface Form {
  english: RegExp;
  chinese: string;
  /** the arguments that are somebody's own words, in quotes: they stay as they are */
  theirs: readonly boolean[];
}

/** Undefined until somebody needs it: most visits do without. */
const forms = shallowRef<readonly Form[]>();
let asked: Promise<void> | undefined;

export function loadProblems(): Promise<void> {
  asked ??= Promise.all([import('../messages/zh/problems.json'), import('../messages/zh/parser.json')]).then(([{ default: ours }, { default: parser }]) => {
    forms.value = formsOf({ ...ours, ...parser });
  }, () => {
    asked = undefined; // away; the next problem asks again
  });
  return asked;
}

/** A verb of fmt, such as %d, %.80q and %[1]s. */
const verb = /%(?:\.\d+)?(?:\[(\d+)\])?([a-z])/g;

/** Where something is wrong stands before what it is. */
const where = /^(?:line|column) %d/;

/** Those that say most themselves come first: "%s is no function" would take what others say better. */
function formsOf(catalog: Record<string, string>): Form[] {
  const weight = (english: string) => (where.test(english) ? Infinity : english.replace(verb, '').length);
  return Object.entries(catalog)
    .sort(([a], [b]) => (weight(a) === weight(b) ? b.length - a.length : weight(b) - weight(a)))
    .map(([english, chinese]) => formOf(english, chinese));
}

function formOf(english: string, chinese: string): Form {
  let source = '';
  let end = 0;
  let count = 0;
  const theirs: boolean[] = [];
  const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  for (const found of english.matchAll(verb)) {
    const [all, named, letter] = found;
    // An argument that is named again is what it was the first time.
    const again = named !== undefined && Number(named) <= count;
    if (!again) {
      count++;
      theirs.push(letter === 'q');
    }
    source += quoted(english.slice(end, found.index)) + (again ? `\\${named}` : letter === 'q' ? '"(.*?)"' : '(.*?)');
    end = found.index + all.length;
  }
  return { english: new RegExp(`^${source}${quoted(english.slice(end))}$`, 's'), chinese, theirs };
}

/** What was said before: lists are drawn again and again, and there are hundreds of forms to try. */
const said = new Map<string, string>();
const mostSaid = 2000;

/** A time of the server's, which it says in UTC: not one that it quotes, nor an example, which has its zone. */
const instants = /(^|[^"“\d])(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)(?!["”])/g;

/** Times as the clocks of a zone show them, by which people enter them. */
function withLocalTimes(text: string, timeZone: string): string {
  return text.replace(instants, (_, before: string, at: string) => before + new Intl.DateTimeFormat(locale(), {
    timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).format(Date.parse(at)));
}

/** A span as Go prints it, such as 9600h0m0s; in quotes it is somebody's own words. */
const spans = /“[^”]*”|"(?:[^"\\]|\\.)*"|\b(?:(\d+)h)?(\d+)m(\d+)(?:\.\d+)?s\b/g;

/** Spans as people read them. The duration of ./format is out of reach: it stands on what asks the server, which stands on this. */
function withSpans(text: string): string {
  return text.replace(spans, (all: string, hours = '0', minutes?: string, seconds?: string) => {
    if (minutes === undefined) return all;
    const parts = [['day', Math.floor(Number(hours) / 24)], ['hour', Number(hours) % 24], ['minute', Number(minutes)], ['second', Number(seconds)]] as const;
    return parts.filter(([, n]) => n > 0).map(([unit, n]) => `${n}\u00a0${i18n.global.t(`app.unit.${unit}`)}`).join(' ') || all;
  });
}

/** One problem in the language of the page, with times by the clocks of a zone: the company's, unless another is named. */
export function problemText(english: string, zone = zoneOf('', '')): string {
  return withSpans(withLocalTimes(inLanguage(english), zone));
}

function inLanguage(english: string): string {
  if (currentLanguage() === 'en' || english === '') return english;
  if (!forms.value) {
    void loadProblems();
    return english;
  }
  let chinese = said.get(english);
  if (chinese === undefined) {
    chinese = translated(english, forms.value);
    if (said.size >= mostSaid) said.clear();
    said.set(english, chinese);
  }
  return chinese;
}

function translated(english: string, known: readonly Form[]): string {
  for (const form of known) {
    const found = form.english.exec(english);
    // What is within a problem may be one itself.
    if (found) return form.chinese.replace(/\$(\d)/g, (_, n: string) => (form.theirs[Number(n) - 1] ? found[Number(n)]! : translated(found[Number(n)] ?? '', known)));
  }
  return english;
}
