// The application: one state, one connection, and the parts of the page that
// draw what changed, at most once a frame.
import { noteServerTime } from './clock';
import { Connection } from './connection';
import { h } from './dom';
import { locale, switchLanguage, words } from './i18n';
import { currentRoute, goTo, type Page, type View } from './page';
import type { Message } from './protocol';
import { scopeOf, type Route } from './route';
import { Store, type Changes } from './store';
import { bannerView } from './views/banner';
import { dangersView } from './views/dangers';
import { detailView } from './views/detail';
import { devicesView, listenForSearchKey } from './views/devices';
import { eventsView } from './views/events';
import { applyTheme, headerView } from './views/header';
import { projectsView } from './views/projects';
import { rejectedView } from './views/rejected';
import { tabsView } from './views/tabs';

const root = document.getElementById('app')!;
const store = new Store();
let route = currentRoute();
let views: View[] = [];
let scheduled = false;
let banner: ReturnType<typeof bannerView> | undefined;
let devices: ReturnType<typeof devicesView> | undefined;

const connection = new Connection(scopeOf(route), {
  message(message: Message) {
    switch (message.type) {
      case 'snapshot':
      case 'delta':
        noteServerTime(message.now);
        store.apply(message);
        break;
      case 'missed':
        banner?.missed(message.updates);
        break;
      case 'ping':
        noteServerTime(message.now);
        break;
      case 'error':
        console.error('the server did not understand:', message.detail);
        break;
    }
    schedule();
  },
  status: () => schedule(),
});

const page: Page = {
  store,
  connection,
  get route() {
    return route;
  },
  go: (to) => goTo({ ...route, ...to }),
  redraw,
};

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw(store.takeChanges());
  });
}

function draw(changes: Changes): void {
  for (const view of views) view.draw(changes);
}

function redraw(): void {
  draw({ ...store.takeChanges(), all: true });
}

/** Makes the page, in the present language. */
function build(): void {
  const t = words();
  document.documentElement.lang = locale();
  document.title = `${t.appName} · ${t.appLong}`;
  banner = bannerView(page);
  const list = (devices = devicesView(page, devices?.query() ?? ''));
  const header = headerView(page, () => {
    switchLanguage();
    build();
    root.querySelector<HTMLElement>('[data-test=language]')?.focus();
  });
  const dangers = dangersView(page);
  const projects = projectsView(page);
  const events = eventsView(page);
  const rejected = rejectedView(page);
  const detail = detailView(page);
  const tabs = tabsView(page);
  views = [header, dangers, banner, projects, list, events, rejected, detail, tabs];
  root.replaceChildren(
    h('button', { type: 'button', class: 'skip', click: () => root.querySelector<HTMLElement>('.devices input')?.focus() }, t.skip),
    header.element, dangers.element, banner.element,
    h('main', {}, projects.element, list.element, h('div', { class: 'side' }, events.element, rejected.element), detail.element),
    tabs.element);
  showTab();
  redraw();
}

function showTab(): void {
  root.dataset['tab'] = route.tab;
}

window.addEventListener('hashchange', () => {
  const before = route;
  route = currentRoute();
  if (changesScope(before, route)) connection.subscribe(scopeOf(route));
  showTab();
  redraw();
});

function changesScope(a: Route, b: Route): boolean {
  return a.region !== b.region || a.project !== b.project || a.class !== b.class;
}

// Twice a second, so that a clock never skips a number.
window.setInterval(() => {
  for (const view of views) view.tick?.();
}, 500);

applyTheme();
listenForSearchKey(root);
build();
