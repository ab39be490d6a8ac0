// Where the keyboard is when what had it has gone. A deed takes away the button that was
// pressed, puts something else in its place, or disables it while the server is at work,
// and the browser then begins again at the top of the page: who does not see is lost there.
import type { ObjectDirective } from 'vue';

/** The heading of what still stands around it. */
const heading = ':scope > :is(h1, h2, h3, legend), :scope > :is(header, :first-child) > :is(h1, h2, h3)';

const ends = new WeakMap<HTMLElement, () => void>();

/**
 * Within the element, or what it is in that fits the selector of its value, the keyboard is not
 * lost: it goes to the nearest heading, or back to what can be pressed again. What is new and
 * wants it (v-focus) has it before.
 */
export const vKeepFocus: ObjectDirective<HTMLElement, string | undefined> = {
  mounted(element, { value }) {
    const root = (value && element.closest<HTMLElement>(value)) || element;
    /** From what has the keyboard up to the root. */
    let path: HTMLElement[] = [];
    const come = ({ target }: FocusEvent) => {
      path = [];
      for (let one = target as HTMLElement | null; one && root.contains(one); one = one.parentElement) path.push(one);
    };
    const leave = ({ relatedTarget }: FocusEvent) => {
      if (relatedTarget && !root.contains(relatedTarget as Node)) path = [];
    };
    const observer = new MutationObserver((records) => {
      const [last] = path;
      if (!last || document.activeElement !== document.body) return;
      if (last.isConnected) {
        if (records.some(({ type, target }) => type === 'attributes' && target === last)) last.focus(); // which does nothing to what is disabled
        return;
      }
      const around = path.filter((one) => one.isConnected);
      const to = around.map((one) => one.querySelector<HTMLElement>(heading)).find((one) => one !== null) ?? root;
      if (!to.hasAttribute('tabindex')) to.tabIndex = -1;
      to.focus({ preventScroll: true });
    });
    observer.observe(root, { childList: true, subtree: true, attributeFilter: ['disabled'] });
    root.addEventListener('focusin', come);
    root.addEventListener('focusout', leave);
    ends.set(element, () => {
      observer.disconnect();
      root.removeEventListener('focusin', come);
      root.removeEventListener('focusout', leave);
    });
  },
  beforeUnmount(element) {
    ends.get(element)?.();
  },
};
