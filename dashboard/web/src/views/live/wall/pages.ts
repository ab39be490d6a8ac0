// What does not fit on the wall is shown page after page: nobody scrolls there.

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
