// Escape closes what is open beside a list. It also ends the choosing of Chinese
// characters, and is pressed by mistake: what somebody has written is not thrown away
// unasked.
import { onScopeDispose } from 'vue';
import { onBeforeRouteLeave, onBeforeRouteUpdate, type RouteLocationNormalized } from 'vue-router';

/** Whether what is open may be closed by this key: asked about when something was written. */
export function mayEscape(event: KeyboardEvent, written: boolean, question: string): boolean {
  return !event.isComposing && mayDiscard(written, question);
}

/** Whether what was written may be thrown away: always when it is nothing. */
export function mayDiscard(written: boolean, question: string): boolean {
  return !written || window.confirm(question);
}

/**
 * What is being written, or shown only now, is not thrown away unasked: neither by Escape, nor as
 * it is closed, nor by an address that puts something else in its place, nor with the page itself.
 * stays says which address does not; without it every one is asked about.
 */
export function useWritten(written: () => boolean, question: () => string, stays: (to: RouteLocationNormalized, was: RouteLocationNormalized) => boolean = () => false) {
  const mayLeave = () => mayDiscard(written(), question());
  onBeforeRouteLeave(mayLeave);
  onBeforeRouteUpdate((to, was) => stays(to, was) || mayLeave());
  // A reload, and a tab that is closed, the browser asks about, in words of its own.
  const unload = (event: BeforeUnloadEvent) => {
    if (!written()) return;
    event.preventDefault();
    event.returnValue = true; // for browsers of 2022, to which the former says nothing
  };
  window.addEventListener('beforeunload', unload);
  onScopeDispose(() => window.removeEventListener('beforeunload', unload));
  return { mayLeave, mayClose: (event: KeyboardEvent) => mayEscape(event, written(), question()) };
}

/**
 * Whether a key belongs to what is being typed: Escape leaves the choice of characters, as
 * Chinese is typed, and where something is written it must not close what it is written in.
 */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLInputElement;
  return event.isComposing || (target.matches('textarea, input:not([type=checkbox], [type=radio])') && target.value.trim() !== '');
}
