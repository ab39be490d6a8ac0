// Finds out who is there, and shows him the application or the door. The address
// stays, so that one comes back to where one was.
import './style/main.css';
import { createApp, h, shallowReactive, watchEffect } from 'vue';
import App from './App.vue';
import { onSignedOut } from './api/call';
import { loadProblems } from './format/problems';
import { currentLanguage, i18n, locale, words } from './i18n';
import { startLive, useLive } from './live/live';
import { followNames } from './live/names';
import { router } from './router';
import { loadSession, over, session } from './session/session';
import { watchParts } from './shell/parts';
import { applyTheme } from './shell/theme';
import { inSight } from './ui/inSight';
import { scopeFor } from './views/live/parts/page';

/** Between two attempts to reach the server, in milliseconds. */
const again = 3000;

/** What is shown: stage as in App, and at the door why one has to sign in again. */
const shown = shallowReactive<{ stage: 'none' | 'away' | 'door' | 'shell'; why: '' | 'ended' | 'sso' }>({ stage: 'none', why: '' });
let ssoWhy = '';

function signedOut(): void {
  if (shown.stage !== 'shell') return;
  useLive().connection.stop();
  over.value = true;
  // On the wall a form to sign in would stand in silence where dangers were.
  if (router.currentRoute.value.name !== 'live-wall') toDoor();
}

function toDoor(): void {
  shown.why = 'ended';
  shown.stage = 'door';
}

/** A connection was refused: signed out, or is the server only away? */
async function doubted(): Promise<void> {
  try {
    const present = await loadSession();
    if (!present.person || present.must_change_password) signedOut();
  } catch {
    // away; the connection tries again by itself
  }
}

/** Why the company's sign-in sent us back without a session; said once. */
function ssoFailure(): string {
  const query = new URLSearchParams(window.location.search);
  const why = query.get('sign_in');
  if (why === null) return '';
  query.delete('sign_in');
  const rest = query.toString();
  window.history.replaceState(window.history.state, '', window.location.pathname + (rest ? `?${rest}` : '') + window.location.hash);
  return why;
}

const reason = () => (shown.why === 'ended' ? words().signedOutNote : shown.why === 'sso' ? words().ssoFailed[ssoWhy] ?? '' : '');

async function begin(): Promise<void> {
  applyTheme();
  watchEffect(() => {
    document.documentElement.lang = locale();
  });
  ssoWhy = ssoFailure();
  const app = createApp({ render: () => (shown.stage === 'none' ? null : h(App, { stage: shown.stage, reason: reason() })) });
  app.use(i18n);
  app.directive('in-sight', inSight);
  app.directive('focus', { mounted: (element: HTMLElement) => element.focus() });
  app.mount('#app');
  for (;;) {
    try {
      await loadSession();
      break;
    } catch {
      shown.stage = 'away';
      await new Promise((resume) => window.setTimeout(resume, again));
    }
  }
  const present = session();
  if (!present.person || present.must_change_password) {
    shown.why = ssoWhy ? 'sso' : '';
    shown.stage = 'door';
    return;
  }
  onSignedOut(signedOut);
  watchParts(router);
  app.use(router);
  router.afterEach((to) => {
    if (over.value && to.name !== 'live-wall') toDoor();
  });
  await router.isReady().catch(() => {}); // the shell says what could not be opened
  startLive(scopeFor(router.currentRoute.value), { over: signedOut, doubted: () => void doubted() });
  followNames();
  shown.stage = 'shell';
  watchEffect(() => {
    if (currentLanguage() !== 'en') void loadProblems(); // after the first screen
  });
}

void begin();
