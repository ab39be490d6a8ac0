// Whose session this is, and how it ends.
import { h, icon, setAttribute } from '../dom';
import { words } from '../i18n';
import { placeName, regionName } from '../names';
import { session, signOut, type Grant } from '../session';
import { passwordForm } from './signin';

export function accountView(): HTMLElement {
  const t = words();
  const person = session().person;
  if (!person) return h('span');
  const name = person.name || person.login;
  const panel = h('div', { class: 'menu', id: 'account-menu', role: 'dialog', 'aria-label': t.account });
  const button = h('button', {
    type: 'button', class: 'tool account-button', 'data-test': 'account', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', 'aria-controls': 'account-menu',
    title: t.account, click: () => toggle(panel.hidden !== false),
  }, icon('person'), h('span', { class: 'account-name' }, name));
  const element = h('div', { class: 'account', keydown: (event) => {
    if ((event as KeyboardEvent).key !== 'Escape' || panel.hidden) return;
    toggle(false);
    button.focus();
  }, focusout: (event) => {
    const to = (event as FocusEvent).relatedTarget;
    if (to instanceof Node && !element.contains(to)) toggle(false);
  } }, button, panel);
  panel.hidden = true;
  document.addEventListener('pointerdown', (event) => {
    if (!panel.hidden && !element.contains(event.target as Node)) toggle(false);
  });

  function toggle(open: boolean): void {
    panel.hidden = !open;
    setAttribute(button, 'aria-expanded', String(open));
    if (open) show();
  }

  function show(): void {
    const item = (label: string, name: string, click: () => void) => h('button', { type: 'button', class: 'menu-item', 'data-test': name, click }, label);
    const leave = (everywhere: boolean) => void signOut(everywhere).finally(() => window.location.reload());
    panel.replaceChildren(
      h('p', { class: 'menu-name' }, h('strong', {}, name), ...(person!.name && person!.name !== person!.login ? [h('span', { class: 'dim' }, person!.login)] : [])),
      h('ul', { class: 'menu-grants' }, ...person!.grants.map((grant) =>
        h('li', {}, h('span', { class: 'badge' }, t.roles[grant.role] ?? grant.role), grantPlace(grant)))),
      h('div', { class: 'menu-items' },
        item(t.changePassword, 'change-password', () => panel.replaceChildren(
          h('h2', {}, t.changePassword),
          passwordForm({ done: () => window.location.reload(), cancel: show }))),
        h('a', { class: 'menu-item', href: '/api/docs' }, t.apiReference),
        item(t.signOut, 'sign-out', () => leave(false)),
        item(t.signOutEverywhere, 'sign-out-everywhere', () => leave(true))));
    panel.querySelector('button')?.focus();
  }
  return element;
}

function grantPlace(grant: Grant): string {
  const { region, project } = grant.place;
  if (!region) return words().headquarters;
  return project ? placeName(region, project) : regionName(region);
}
