// The list of devices that wait, asked for again while somebody looks at it.
import type { List } from '../../api/call';
import { pathOf, type Ref } from './device';

/**
 * A list with its first page as it is now: what is there still stays where it is and what is new
 * comes behind it, so that nothing moves under a finger between Approve and Refuse. When there
 * is more than the page, what is not on it may be behind it: it stays.
 */
export function renewed<T extends Ref>(known: readonly T[], page: List<T>): T[] {
  const now = new Map(page.items.map((row) => [pathOf(row), row]));
  const kept = known.flatMap((row) => {
    const present = now.get(pathOf(row));
    now.delete(pathOf(row));
    return present ?? (page.next ? row : []);
  });
  return [...kept, ...now.values()];
}
