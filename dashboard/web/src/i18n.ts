// The language of the page. Sentences of views are messages of vue-i18n, by view, in
// messages/{en,zh}; they are loaded with their view. The words of the trade (names of
// metrics, states, kinds) and what counts in them are typed functions, in words.ts:
// the parts of the live page that draw thousands of rows by hand use them directly.
import { createI18n } from 'vue-i18n';
import { en, type Messages } from './messages/en/words';
import { zh } from './messages/zh/words';
import enApp from './messages/en/app';
import zhApp from './messages/zh/app';
import type { Bilingual } from './live/protocol';
import { language, rememberLanguage, type Language } from './session/prefs';

const vocabulary: Record<Language, Messages> = { en, zh };
const tags: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' };

type Tree = { [key: string]: string | Tree };

export const i18n = createI18n({
  legacy: false,
  locale: language() as string,
  fallbackLocale: 'en',
  messages: { en: { app: enApp }, zh: { app: zhApp } } as unknown as Record<string, Record<string, Tree>>,
  missingWarn: false,
  fallbackWarn: false,
});

const files = import.meta.glob<{ default: Tree }>(['./messages/*/*.ts', '!./messages/*/words.ts', '!./messages/*/app.ts']);
const wanted = new Set<string>();

async function load(lang: string, name: string): Promise<void> {
  const file = files[`./messages/${lang}/${name}.ts`];
  if (!file) throw new Error(`no messages ${name} in ${lang}`);
  i18n.global.mergeLocaleMessage(lang, { [name]: (await file()).default });
}

/** Loads the messages of a view in the present language, and from then on in whichever is switched to. */
export async function needMessages(names: readonly string[]): Promise<void> {
  const fresh = names.filter((name) => !wanted.has(name));
  await Promise.all(fresh.map((name) => load(currentLanguage(), name)));
  for (const name of fresh) wanted.add(name);
}

/** The words of the present language. What was drawn by hand before a switch must be drawn again. */
export function words(): Messages {
  return vocabulary[currentLanguage()];
}

/** The tag of the present language, for Intl. */
export function locale(): string {
  return tags[currentLanguage()];
}

export function currentLanguage(): Language {
  return i18n.global.locale.value as Language;
}

export async function switchLanguage(): Promise<void> {
  const next: Language = currentLanguage() === 'zh' ? 'en' : 'zh';
  await Promise.all([...wanted].map((name) => load(next, name)));
  i18n.global.locale.value = next;
  rememberLanguage(next);
}

/** A text of the server in the present language; in the other one when it is missing. */
export function say(text: Bilingual | undefined): string {
  if (!text) return '';
  return currentLanguage() === 'en' ? text.en || text.zh : text.zh || text.en;
}

/** The word for a name of the contract, or the name itself: devices may send names that nobody foresaw. */
export function word(of: Record<string, string>, name: string): string {
  return Object.hasOwn(of, name) ? of[name]! : name;
}
