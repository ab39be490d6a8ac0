// While the page is printed it is another one: light, whole, without what is only for
// screens. CSS does what it can; what is drawn by hand, or only in part, asks here.
import { nextTick, shallowRef } from 'vue';

/** It is being printed, or about to be. */
export const onPaper = shallowRef(false);
let begun = false;

window.addEventListener('beforeprint', () => {
  begun = true;
  onPaper.value = true;
});
window.addEventListener('afterprint', () => {
  begun = false;
  onPaper.value = false;
});

/**
 * How many rows of a list are on paper, of those that there are; undefined when that is all
 * of them. all is undefined where there are more than were read.
 */
export function printedPart(read: number, more: boolean, most: number): { n: number; all: number | undefined } | undefined {
  return more || read > most ? { n: Math.min(read, most), all: more ? undefined : read } : undefined;
}

/**
 * Prints the page. A browser that is asked by a script prints before what was changed
 * in beforeprint is drawn: here it is drawn first.
 */
export async function printPage(): Promise<void> {
  onPaper.value = true;
  await nextTick();
  window.print();
  // Some browsers only open their dialog and go on: afterprint ends it. Those that
  // cannot print at all never say so.
  if (!begun) onPaper.value = false;
}
