// Light, dark, or as the system has it. The page's tokens go by data-theme, Element
// Plus by the class dark, charts by the tokens. Paper is light.
import { shallowRef, watch } from 'vue';
import { themeChanged } from '../chart/theme';
import { rememberTheme, theme, type Theme } from '../session/prefs';
import { onPaper } from '../use/paper';

const themes: readonly Theme[] = ['auto', 'light', 'dark'];
const system = window.matchMedia('(prefers-color-scheme: dark)');

export const chosenTheme = shallowRef<Theme>(theme());

export function applyTheme(): void {
  const root = document.documentElement;
  const chosen = onPaper.value ? 'light' : chosenTheme.value;
  if (chosen === 'auto') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', chosen);
  root.classList.toggle('dark', chosen === 'dark' || (chosen === 'auto' && system.matches));
  themeChanged();
}
system.addEventListener('change', applyTheme);
watch(onPaper, applyTheme, { flush: 'sync' });

export function nextTheme(): void {
  chosenTheme.value = themes[(themes.indexOf(chosenTheme.value) + 1) % themes.length]!;
  rememberTheme(chosenTheme.value);
  applyTheme();
}
