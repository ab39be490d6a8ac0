// Says when what is seen is not the present, or was not all of it.
import { h, icon, setText } from '../dom';
import { formatTime } from '../format';
import { words } from '../i18n';
import type { Page, View } from '../page';

/** How long a note of missed updates stays, in milliseconds. */
const noteFor = 8000;
/** A connection may be lost for this long before the page speaks of it: a proxy that reloads is not news. */
const quietFor = 1500;

export function bannerView(page: Page): View & { missed(updates: number): void } {
  const t = words();
  let lostAt = 0;
  let missed = 0;
  let missedAt = 0;
  const text = h('span');
  const retry = h('button', { type: 'button', class: 'button', click: () => page.connection.retryNow() }, icon('reload'), t.tryNow);
  const element = h('div', { class: 'banner', role: 'status', 'data-test': 'banner' }, icon('warning'), text, retry);
  element.hidden = true;

  function draw(): void {
    const now = Date.now();
    const live = page.connection.status.state === 'live';
    if (live) lostAt = 0;
    else lostAt ||= now;
    const stale = !live && now - lostAt >= quietFor;
    document.body.classList.toggle('stale', stale && page.store.ready);
    if (stale) {
      element.hidden = false;
      setText(text, page.connection.heard ? t.staleSince(formatTime(page.connection.heard)) : t.neverConnected);
      retry.hidden = page.connection.status.state !== 'waiting';
    } else if (missed > 0 && now - missedAt < noteFor) {
      element.hidden = false;
      setText(text, t.caughtUp(missed));
      retry.hidden = true;
    } else {
      element.hidden = true;
      missed = 0;
    }
  }

  return {
    element,
    draw,
    tick: draw,
    missed(updates) {
      missed += updates;
      missedAt = Date.now();
    },
  };
}
