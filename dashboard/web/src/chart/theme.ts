// The colours of charts are those of the page: read from its tokens whenever the theme
// changes. Series differ by shape, dash or label besides colour.
import { shallowRef } from 'vue';

export interface Palette {
  text: string;
  dim: string;
  line: string;
  panel: string;
  accent: string;
  good: string;
  warn: string;
  bad: string;
  series: string[];
  /** from little to much, for heat maps */
  heat: string[];
}

/** Counts up when the theme has changed. */
export const themeVersion = shallowRef(0);

export function themeChanged(): void {
  themeVersion.value++;
}

export function palette(): Palette {
  void themeVersion.value;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const numbered = (name: string, n: number) => Array.from({ length: n }, (_, i) => read(`${name}-${i + 1}`));
  return {
    text: read('text'), dim: read('dim'), line: read('line'), panel: read('panel'), accent: read('accent'), good: read('good'), warn: read('warn'), bad: read('bad'),
    series: numbered('series', 6), heat: numbered('heat', 5),
  };
}
