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
