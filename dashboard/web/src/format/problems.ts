// What is wrong with a field, a row or a line, as the server says it, in the language of
// the page. The server speaks English, in forms that Go's fmt fills in: the catalog has
// them in Chinese, and a test of the server wants each of its forms in there. What is in
// no form stays as it is: that is better than nothing beside its field and its value.
import { shallowRef } from 'vue';
import { currentLanguage } from '../i18n';

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
  asked ??= import('../messages/zh/problems.json').then(({ default: catalog }) => {
    forms.value = formsOf(catalog);
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

/** One problem in the language of the page. */
export function problemText(english: string): string {
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
