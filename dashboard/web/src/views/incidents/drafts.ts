// Notes that are written and not sent, by incident: what somebody typed is there again when
// he comes back, and is not lost with one key.
const drafts = new Map<string, string>();

export const draftOf = (incident: string): string => drafts.get(incident) ?? '';

export function keepDraft(incident: string, text: string): void {
  if (text.trim()) drafts.set(incident, text);
  else drafts.delete(incident);
}

/** A note has arrived: it is no draft any more, unless one has gone on writing. */
export function dropDraft(incident: string, sent: string): void {
  if (draftOf(incident).trim() === sent) drafts.delete(incident);
}

/**
 * Whether a key belongs to what is being typed: Escape leaves the choice of characters, as
 * Chinese is typed, and where something is written it must not close what it is written in.
 */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLInputElement;
  return event.isComposing || (target.matches('textarea, input:not([type=checkbox], [type=radio])') && target.value.trim() !== '');
}
