// What the user chose and wants to find again. A browser that keeps nothing
// (private mode, a locked-down kiosk) works all the same.

export type Language = 'zh' | 'en';
export type Theme = 'auto' | 'light' | 'dark';

function read(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // not remembered, nothing else
  }
}

export function language(): Language {
  const chosen = read('steward.language');
  if (chosen === 'zh' || chosen === 'en') return chosen;
  return navigator.languages.some((tag) => /^(zh|en)/i.test(tag))
    ? (navigator.languages.find((tag) => /^(zh|en)/i.test(tag))!.slice(0, 2).toLowerCase() as Language)
    : 'en';
}

export function rememberLanguage(value: Language): void {
  write('steward.language', value);
}

export function theme(): Theme {
  const chosen = read('steward.theme');
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto';
}

export function rememberTheme(value: Theme): void {
  write('steward.theme', value);
}

/** Whether the alarm sounds on this screen for a person; it does unless he muted it here. */
export function sound(login: string): boolean {
  return read(`steward.muted.${login}`) === null;
}

export function rememberSound(login: string, on: boolean): void {
  if (!on) return write(`steward.muted.${login}`, '1');
  try {
    window.localStorage.removeItem(`steward.muted.${login}`);
  } catch {
    // not remembered, nothing else
  }
}
