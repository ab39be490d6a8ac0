// Finds out who is there, and shows him the application or the door. What is
// after the # of the address stays, so that one comes back to where one was.
import { onSignedOut } from './api';
import { startApplication } from './application';
import { h, icon } from './dom';
import { locale, switchLanguage, words } from './i18n';
import { loadSession, session } from './session';
import { applyTheme } from './views/header';
import { signInView } from './views/signin';

const root = document.getElementById('app')!;
/** Between two attempts to reach the server, in milliseconds. */
const again = 3000;

let application: { stop(): void } | undefined;
let atTheDoor = false;

function showSignIn(reason: string): void {
  application?.stop();
  application = undefined;
  atTheDoor = true;
  const t = words();
  document.documentElement.lang = locale();
  document.title = `${t.signIn} · ${t.appName}`;
  root.replaceChildren(signInView({
    reason,
    switchLanguage: () => {
      switchLanguage();
      showSignIn(reason ? words().signedOutNote : '');
      root.querySelector<HTMLElement>('[data-test=language]')?.focus();
    },
    // A new page, so that nothing of whoever sat here before stays in it.
    done: () => window.location.reload(),
  }));
}

function signedOut(): void {
  if (!atTheDoor) showSignIn(words().signedOutNote);
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
  const why = new URLSearchParams(window.location.search).get('sign_in');
  if (why === null) return '';
  window.history.replaceState(null, '', window.location.pathname + window.location.hash);
  return words().ssoFailed[why] ?? '';
}

async function begin(): Promise<void> {
  applyTheme();
  for (;;) {
    try {
      await loadSession();
      break;
    } catch {
      const t = words();
      document.documentElement.lang = locale();
      root.replaceChildren(h('div', { class: 'gate' }, h('p', { class: 'gate-note', role: 'status' }, icon('reload'), t.neverConnected)));
      await new Promise((resume) => window.setTimeout(resume, again));
    }
  }
  const present = session();
  if (!present.person || present.must_change_password) return showSignIn(ssoFailure());
  onSignedOut(signedOut);
  application = startApplication(root, { over: signedOut, doubted: () => void doubted() });
}

void begin();
