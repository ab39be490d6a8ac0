// Escape closes what is open beside a list. It also ends the choosing of Chinese
// characters, and is pressed by mistake: what somebody has written is not thrown away
// unasked.

/** Whether what is open may be closed by this key: asked about when something was written. */
export function mayEscape(event: KeyboardEvent, written: boolean, question: string): boolean {
  return !event.isComposing && mayDiscard(written, question);
}

/** Whether what was written may be thrown away: always when it is nothing. */
export function mayDiscard(written: boolean, question: string): boolean {
  return !written || window.confirm(question);
}
