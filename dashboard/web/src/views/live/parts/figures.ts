// How the whole is doing, in six numbers.
import { h, setText } from './dom';
import { formatCount, formatRate } from '../../../format/words';
import { words } from '../../../i18n';
import type { Page, View } from './page';

export function figuresView(page: Page): View {
  const t = words();
  const figures = [
    figure(t.devices, 'devices'),
    figure(t.onlineCount, 'online'),
    figure(t.offlineCount, 'offline'),
    figure(t.messagesPerSecond, 'rate'),
    figure(t.lag, 'lag', t.lagTip),
    figure(t.rejectedCount, 'rejected'),
  ] as const;
  const [devices, online, offline, rate, lag, rejected] = figures;

  return {
    element: h('dl', { class: 'figures' }, ...figures.map((f) => f.element)),
    draw(changes) {
      if (!page.store.ready || (!changes.counts && !changes.all)) return;
      const totals = page.store.totals;
      devices.set(formatCount(totals.devices));
      online.set(formatCount(totals.online));
      offline.set(formatCount(totals.offline), totals.offline > 0);
      rate.set(formatRate(totals.rate));
      lag.set(totals.lag_ms < 10_000 ? `${formatCount(totals.lag_ms)} ms` : `${formatCount(totals.lag_ms / 1000)} s`, totals.lag_ms > 2000);
      rejected.set(formatCount(totals.rejected), totals.rejected > 0);
    },
  };
}

function figure(label: string, name: string, tip?: string) {
  const value = h('dd', { 'data-test': `total-${name}` }, '–');
  const element = h('div', { class: `figure figure-${name}`, title: tip }, h('dt', {}, label), value);
  return {
    element,
    set(text: string, marked = false) {
      setText(value, text);
      element.classList.toggle('marked', marked);
    },
  };
}
