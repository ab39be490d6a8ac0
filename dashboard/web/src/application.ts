// The application of somebody who is signed in: one state, one connection, and
// the parts of the page that draw what changed, at most once a frame.
import { noteServerTime } from './clock';
import { Connection } from './connection';
import { h } from './dom';
import { locale, switchLanguage, words } from './i18n';
import { followNames } from './names';
import { currentRoute, goTo, type Page, type View } from './page';
import type { Message } from './protocol';
import { scopeOf, type Route } from './route';
import { sees } from './session';
import { placeOf, Store, type Changes } from './store';
import { accountView } from './views/account';
import { bannerView } from './views/banner';
import { dangersView } from './views/dangers';
import { detailView } from './views/detail';
import { devicesView, listenForSearchKey } from './views/devices';
import { eventsView } from './views/events';
import { headerView } from './views/header';
import { incidentView } from './views/incident';
import { incidentsView } from './views/incidents';
import { pendingView, type PendingView } from './views/pending';
import { projectsView } from './views/projects';
import { rejectedView } from './views/rejected';
import { tabsView } from './views/tabs';

/** What the application tells of its session. */
export interface SessionListener {
  /** The server has signed us out. */
  over(): void;
  /** The server did not let us in: it may have. */
  doubted(): void;
}

/** The address, or the whole when it is of a place that this person does not see: a colleague's link, perhaps. */
function allowedRoute(): Route {
  const route = currentRoute();
  const at = placeOf(route.device);
  if (sees(route.region, route.project) && sees(at.region, at.project)) return route;
  return { ...route, region: '', project: '', device: '' };
}

/** Runs the application in root until it is stopped. */
export function startApplication(root: HTMLElement, session: SessionListener): { stop(): void } {
  const store = new Store();
  let route = allowedRoute();
  let views: View[] = [];
  let scheduled = false;
  let banner: ReturnType<typeof bannerView> | undefined;
  let devices: ReturnType<typeof devicesView> | undefined;
  let pending: PendingView | undefined;

  const connection = new Connection(scopeOf(route), {
    incidents: () => store.incidents,
    message(message: Message) {
      switch (message.type) {
        case 'snapshot':
        case 'delta':
          noteServerTime(message.now);
          store.apply(message);
          break;
        case 'incidents':
          noteServerTime(message.now);
          store.applyIncidents(message);
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
    signedOut: () => session.over(),
    refused: () => session.doubted(),
  });

  const page: Page = {
    store,
    connection,
    get route() {
      return route;
    },
    // One pane of details lies beside the list: a device's or an incident's.
    go: (to) => goTo({ ...route, ...(to.device ? { incident: '' } : to.incident ? { device: '' } : {}), ...to }),
    redraw,
    schedule,
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
    pending?.stop();
    pending = pendingView();
    const header = headerView(page, () => {
      switchLanguage();
      build();
      root.querySelector<HTMLElement>('[data-test=language]')?.focus();
    }, pending.button, accountView());
    const dangers = dangersView(page);
    const incidents = incidentsView(page);
    const incident = incidentView(page);
    const projects = projectsView(page);
    const events = eventsView(page);
    const rejected = rejectedView(page);
    const detail = detailView(page);
    const tabs = tabsView(page);
    views = [header, dangers, incidents, banner, projects, list, events, rejected, detail, incident, tabs];
    root.replaceChildren(
      h('button', { type: 'button', class: 'skip', click: () => root.querySelector<HTMLElement>('.devices input')?.focus() }, t.skip),
      header.element, dangers.element, incidents.element, banner.element,
      h('main', {}, projects.element, list.element, h('div', { class: 'side' }, events.element, rejected.element), detail.element, incident.element, pending.panel),
      tabs.element);
    showTab();
    redraw();
  }

  function showTab(): void {
    root.dataset['tab'] = route.tab;
  }

  function move(): void {
    const before = route;
    route = allowedRoute();
    if (changesScope(before, route)) connection.subscribe(scopeOf(route));
    showTab();
    redraw();
  }
  window.addEventListener('hashchange', move);

  function changesScope(a: Route, b: Route): boolean {
    return a.region !== b.region || a.project !== b.project || a.class !== b.class;
  }

  // Twice a second, so that a clock never skips a number.
  const ticking = window.setInterval(() => {
    for (const view of views) view.tick?.();
  }, 500);

  listenForSearchKey(root);
  build();
  followNames(build);

  return {
    stop() {
      connection.stop();
      pending?.stop();
      window.clearInterval(ticking);
      window.removeEventListener('hashchange', move);
    },
  };
}
