// What the parts of the page share: the state, the address, and when to draw.
import type { Connection } from './connection';
import type { Changes, Store } from './store';
import { formatRoute, parseRoute, type Route } from './route';

export interface Page {
  readonly store: Store;
  readonly connection: Connection;
  readonly route: Route;
  /** Goes to another address; what is not named stays. */
  go(to: Partial<Route>): void;
  /** Draws everything again, as after a change that is not the server's. */
  redraw(): void;
  /** Draws what the store has that is not drawn yet, soon. */
  schedule(): void;
}

/** A part of the page. */
export interface View {
  readonly element: HTMLElement;
  /** Draws what changed. */
  draw(changes: Changes): void;
  /** Called twice a second, for clocks. */
  tick?(): void;
}

export function currentRoute(): Route {
  return parseRoute(window.location.hash);
}

export function goTo(route: Route): void {
  const hash = formatRoute(route);
  if (hash === (window.location.hash || '#')) return;
  window.location.hash = hash;
}
