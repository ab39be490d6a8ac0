// What does not fit on the wall is shown page after page: nobody scrolls there.
import { timeOf } from '../../../live/incidents';
import type { WireIncident } from '../../../live/protocol';

/** The items of a page, and how many pages there are. Pages go round. */
export function pageOf<T>(items: readonly T[], size: number, turn: number): { items: readonly T[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(items.length / Math.max(1, size)));
  const page = ((turn % pages) + pages) % pages;
  return { items: items.slice(page * size, (page + 1) * size), page, pages };
}

/**
 * What endangers people stays in sight while the rest turns; when that alone is too
 * much, all of it turns, the gravest first.
 */
export function pinned<T>(grave: readonly T[], others: readonly T[], size: number, turn: number): { items: readonly T[]; page: number; pages: number } {
  if (grave.length >= size) return pageOf([...grave, ...others], size, turn);
  const rest = pageOf(others, size - grave.length, turn);
  return { ...rest, items: [...grave, ...rest.items] };
}

/** Dangers as the wall shows them: first those that nobody has answered, and of these the newest, which nobody here has seen yet. */
export function byNeed(dangers: readonly WireIncident[]): WireIncident[] {
  return dangers.map((one) => ({ one, answered: one.state !== 'firing', at: timeOf(one.started_at) }))
    .sort((a, b) => Number(a.answered) - Number(b.answered) || b.at - a.at || (a.one.id < b.one.id ? -1 : 1))
    .map(({ one }) => one);
}

/** The page on which the first of these is that was not there before; undefined when all were. */
export function pageOfNew(dangers: readonly WireIncident[], before: ReadonlySet<string>, size: number): number | undefined {
  const at = dangers.findIndex((one) => !before.has(one.id));
  return at < 0 ? undefined : dangers.length >= size ? Math.floor(at / Math.max(1, size)) : 0;
}
