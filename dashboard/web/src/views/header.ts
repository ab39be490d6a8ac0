// The top bar: where one is, how the whole is doing, and whether the page is
// connected at all.
import { h, icon, setAttribute, setIcon, setText } from '../dom';
import { formatCount, formatRate } from '../format';
import { currentLanguage, words } from '../i18n';
import { rememberTheme, theme, type Theme } from '../prefs';
import type { Page, View } from '../page';

const themes: readonly Theme[] = ['auto', 'light', 'dark'];

export function applyTheme(): void {
  const chosen = theme();
  setAttribute(document.documentElement, 'data-theme', chosen === 'auto' ? undefined : chosen);
}

export function headerView(page: Page, switchLanguage: () => void, pending: HTMLElement, account: HTMLElement): View {
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

  const themeIcon = icon('auto');
  const themeButton = h('button', { type: 'button', class: 'tool', 'data-test': 'theme', click: () => {
    rememberTheme(themes[(themes.indexOf(theme()) + 1) % themes.length]!);
    applyTheme();
    drawTheme();
  } }, themeIcon);
  function drawTheme(): void {
    const chosen = theme();
    setIcon(themeIcon, { auto: 'auto', light: 'sun', dark: 'moon' }[chosen]);
    const label = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark }[chosen];
    themeButton.title = label;
    themeButton.setAttribute('aria-label', label);
  }
  drawTheme();

  const chipIcon = icon('reload');
  const chipText = h('span');
  const chip = h('span', { class: 'chip', role: 'status', 'data-test': 'connection' }, chipIcon, chipText);

  const element = h('header', { class: 'top' },
    h('div', { class: 'brand' },
      h('h1', {}, t.appName),
      h('span', { class: 'brand-long' }, t.appLong)),
    h('dl', { class: 'figures' }, ...figures.map((f) => f.element)),
    h('div', { class: 'tools' },
      chip,
      pending,
      h('button', {
        type: 'button', class: 'tool', 'data-test': 'language', lang: currentLanguage() === 'zh' ? 'en' : 'zh-CN', click: switchLanguage,
      }, t.otherLanguage),
      themeButton,
      account));

  function drawConnection(): void {
    const status = page.connection.status;
    setAttribute(chip, 'data-state', status.state);
    switch (status.state) {
      case 'live':
        setIcon(chipIcon, 'online');
        setText(chipText, t.live);
        break;
      case 'connecting':
        setIcon(chipIcon, 'reload');
        setText(chipText, t.connecting);
        break;
      case 'waiting':
        setIcon(chipIcon, 'offline');
        setText(chipText, t.reconnectIn(Math.max(0, Math.ceil((status.until - Date.now()) / 1000))));
        break;
    }
  }

  return {
    element,
    draw(changes) {
      drawConnection();
      if (!changes.counts && !changes.all) return;
      const totals = page.store.totals;
      devices.set(formatCount(totals.devices));
      online.set(formatCount(totals.online));
      offline.set(formatCount(totals.offline), totals.offline > 0);
      rate.set(formatRate(totals.rate));
      lag.set(totals.lag_ms < 10_000 ? `${formatCount(totals.lag_ms)} ms` : `${formatCount(totals.lag_ms / 1000)} s`, totals.lag_ms > 2000);
      rejected.set(formatCount(totals.rejected), totals.rejected > 0);
    },
    tick: drawConnection,
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
