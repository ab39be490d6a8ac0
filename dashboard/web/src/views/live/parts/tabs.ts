// On a narrow screen one part of the page is shown at a time.
import { h, icon, setAttribute, setText } from './dom';
import { words } from '../../../i18n';
import { tabs, type Tab } from './route';
import type { Page, View } from './page';

const icons: Record<Tab, string> = { projects: 'grid', devices: 'list', events: 'bell', rejected: 'inbox' };

export function tabsView(page: Page): View {
  const t = words();
  const labels: Record<Tab, string> = { projects: t.projects, devices: t.devices, events: t.events, rejected: t.rejected };
  const buttons = tabs.map((tab) => {
    const badge = h('span', { class: 'badge' });
    badge.hidden = true;
    const button = h('button', { type: 'button', 'data-to': tab, click: () => page.go({ tab, device: '' }) },
      icon(icons[tab]), h('span', {}, labels[tab]), badge);
    return { tab, button, badge };
  });
  return {
    element: h('nav', { class: 'tabs', 'aria-label': t.appLong }, ...buttons.map((b) => b.button)),
    draw() {
      for (const { tab, button, badge } of buttons) {
        setAttribute(button, 'aria-current', page.route.tab === tab ? 'page' : undefined);
        if (tab !== 'rejected') continue;
        const n = page.store.rejected.length;
        badge.hidden = n === 0;
        setText(badge, String(n));
      }
    },
  };
}
