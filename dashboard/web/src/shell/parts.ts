// Parts of the application, such as views, are loaded when they are gone to. One may
// not come: the server is away, or it was updated and only a new page has its files.
//
// The page is given up for a new one only when the server answers and has another
// build, and once for each: without a server there would be the browser's own error
// page instead of a control room's screen and its alarm, and a part that never comes
// would load the page without end. Otherwise what was there stays, and says it.
import { shallowRef } from 'vue';
import type { RouteLocationNormalized, Router } from 'vue-router';

export interface Unopened {
  path: string;
  /** the server cannot be reached */
  away: boolean;
}

/** The view that was gone to and could not be opened. */
export const unopened = shallowRef<Unopened>();

/** What is outside. */
export interface Outside {
  fetch(address: string, how: RequestInit): Promise<Response>;
  /** of the page that is shown, as buildOf has it */
  build(): string;
  /** of the session; throws where it is forbidden */
  store(): Pick<Storage, 'getItem' | 'setItem'>;
}

const outside: Outside = {
  fetch: (address, how) => window.fetch(address, how),
  build: () => document.querySelector('script[type=module][src]')?.getAttribute('src') ?? '',
  store: () => window.sessionStorage,
};

/** How long the server's answer is waited for, in milliseconds. */
const patience = 10_000;
const kept = 'steward.builds';

/** The build of a page: the name of its first script has the hash of all that it loads. */
export function buildOf(html: string): string {
  return /<script\b[^>]*\bsrc="([^"]+)"/.exec(html)?.[1] ?? '';
}

/** Why a part does not come: the server is away, it has a new build, or neither. A new build is said once. */
export async function whyMissing(from: Outside = outside): Promise<'away' | 'new' | 'neither'> {
  let build: string;
  try {
    const answer = await from.fetch('/', { cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(patience) });
    if (!answer.ok) return 'away';
    build = buildOf(await answer.text());
  } catch {
    return 'away';
  }
  if (!build || build === from.build()) return 'neither';
  try {
    const store = from.store();
    const known = (store.getItem(kept) ?? '').split(' ').filter(Boolean);
    if (known.includes(build)) return 'neither';
    store.setItem(kept, [...known, build].join(' '));
    return 'new';
  } catch {
    return 'neither'; // what cannot be remembered could be done without end
  }
}

/** A new page, of another address when there is one. */
function leave(path: string | undefined): void {
  const { pathname, search, hash } = window.location;
  if (path === undefined || path === pathname + search + hash) window.location.reload();
  else window.location.assign(path);
}

let wanted: RouteLocationNormalized | undefined;
let pressed = false;
let looking = false;

async function look(): Promise<void> {
  if (looking) return;
  looking = true;
  const why = await whyMissing();
  looking = false;
  // A browser may keep that a file did not come: who asks again gets a new page.
  if (why === 'new' || (pressed && wanted && why !== 'away')) {
    leave(wanted?.fullPath);
    return;
  }
  pressed = false;
  if (wanted) unopened.value = { path: wanted.fullPath, away: why === 'away' };
}

/** Watches for parts that do not come. */
export function watchParts(router: Router): void {
  window.addEventListener('vite:preloadError', () => void look());
  router.onError((error, to) => {
    console.error(error);
    wanted = to;
    void look();
  });
  router.afterEach((_to, _from, failure) => {
    if (!failure) forgetUnopened();
  });
}

/** The view that could not be opened is not gone to any more. */
export function forgetUnopened(): void {
  wanted = undefined;
  pressed = false;
  unopened.value = undefined;
}

/** Goes again where one could not go. */
export async function openAgain(router: Router): Promise<void> {
  if (!unopened.value) return;
  pressed = true;
  await router.push(unopened.value.path).catch(() => {}); // said by onError
}
