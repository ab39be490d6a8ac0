// The language of the page.
import { en, type Messages } from './messages.en';
import { zh } from './messages.zh';
import type { Bilingual } from './protocol';
import { language, rememberLanguage, type Language } from './prefs';

const all: Record<Language, Messages> = { en, zh };
const tags: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };

let current: Language = language();

/** The words of the present language. A part of the page that was made before a switch must be made again. */
export function words(): Messages {
  return all[current];
}

export function locale(): string {
  return tags[current];
}

export function currentLanguage(): Language {
  return current;
}

export function switchLanguage(): void {
  current = current === 'zh' ? 'en' : 'zh';
  rememberLanguage(current);
}

/** A text of the server in the present language; in the other one when it is missing. */
export function say(text: Bilingual | undefined): string {
  if (!text) return '';
  return current === 'en' ? text.en || text.zh : text.zh || text.en;
}

/** The word for a name of the contract, or the name itself: devices may send names that nobody foresaw. */
export function word(of: Record<string, string>, name: string): string {
  return Object.hasOwn(of, name) ? of[name]! : name;
}
