// Copying what is shown, also where the page came without TLS and the browser has no
// clipboard for it: there the text is selected, and copied as a person would by hand.
import { onScopeDispose, shallowRef } from 'vue';

/** copied, or only selected: then a person presses Ctrl+C */
export type Copied = 'copied' | 'selected';

export function select(shown: Node): void {
  window.getSelection()?.selectAllChildren(shown);
}

export async function copy(text: string, shown: Node): Promise<Copied> {
  try {
    await navigator.clipboard.writeText(text);
    return 'copied';
  } catch {
    select(shown);
    return document.execCommand('copy') ? 'copied' : 'selected';
  }
}

/** How long it is said that something was copied, in milliseconds. */
const said = 2000;

/** The last text that was copied, and how. */
export function useCopy() {
  const last = shallowRef<{ text: string; how: Copied }>();
  let timer = 0;
  onScopeDispose(() => window.clearTimeout(timer));
  return {
    last,
    async copy(text: string, shown: Node) {
      window.clearTimeout(timer);
      last.value = { text, how: await copy(text, shown) };
      // What is selected waits for the keys of whoever selected it.
      if (last.value.how === 'copied') timer = window.setTimeout(() => (last.value = undefined), said);
    },
  };
}
