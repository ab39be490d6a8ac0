// Analyses say in English why a number is missing, or what is to be kept in mind of it.
// Here it is in the page's language, by the phrases of the reports (phrases.json is
// written from theirs). A reason that is not known stays as it is, which is better than
// none.
import { currentLanguage } from '../../i18n';
import phrases from './phrases.json';

interface Phrase {
  en: RegExp;
  zh: string;
  inner: boolean; // what stands at a * is a reason itself
}

const nested = [
  'part * is left out: *', 'indicators of wear were not tried: *', 'goodness of fit: *',
  'the failures of no part are enough to tell whether it wears: *', 'of no part of the pool is known how it lives: *',
];
const nouns: Record<string, string> = { fault: '故障', repair: '维修', maintenance: '保养' };

let compiled: Phrase[] | undefined;

function all(): Phrase[] {
  if (compiled) return compiled;
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < phrases.length; i += 2) pairs.push([phrases[i]!, phrases[i + 1]!]);
  // What says more comes first: "7 faults have not ended" is also "7 … have not ended".
  pairs.sort(([a], [b]) => b.length - a.length);
  compiled = pairs.map(([en, zh]) => ({
    en: new RegExp(`^${en.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '(.+?)')}$`), zh, inner: nested.includes(en),
  }));
  return compiled;
}

function one(reason: string): string {
  if (reason.startsWith(scarce)) return `数据不足（${one(reason.slice(scarce.length))}）`;
  for (const phrase of all()) {
    const found = phrase.en.exec(reason);
    if (found) {
      return phrase.zh.replace(/\$(\d)/g, (_, n: string) => {
        const part = found[Number(n)] ?? '';
        return phrase.inner ? one(part) : nouns[part] ?? part;
      });
    }
  }
  return reason;
}

const scarce = 'insufficient data: ';

/** A reason of the server in Chinese. */
export function inChinese(why: string): string {
  if (why === 'insufficient data') return '数据不足';
  const lacks = why.startsWith(scarce);
  const said = (lacks ? why.slice(scarce.length) : why).split('; ').map(one).join('；');
  return lacks ? `数据不足：${said}` : said;
}

/** A reason of the server in the page's language. */
export function because(why: string | undefined): string {
  return !why ? '' : currentLanguage() === 'zh' ? inChinese(why) : why;
}
