// The page before the page: who are you? Also where a password that somebody
// else chose is replaced.
import { Problem } from '../api';
import { h, icon, setText } from '../dom';
import { currentLanguage, words } from '../i18n';
import { changePassword, session, signIn } from '../session';

/** The shortest password that the server takes. */
const shortest = 10;

export interface SignInOptions {
  /** why one has to sign in again, or empty */
  reason: string;
  switchLanguage(): void;
  /** called when the server knows who we are */
  done(): void;
}

export function signInView(options: SignInOptions): HTMLElement {
  const t = words();
  const present = session();
  const mustChange = present.person !== undefined && present.must_change_password;
  return h('div', { class: 'gate', 'data-test': 'signin' },
    h('div', { class: 'gate-card' },
      h('div', { class: 'gate-head' },
        h('span', { class: 'gate-mark' }, icon('shield')),
        h('div', {}, h('h1', {}, t.appName), h('p', { class: 'dim' }, t.appLong))),
      mustChange ? passwordForm({ intro: t.mustChange, done: options.done }) : signInForm(options)),
    h('button', {
      type: 'button', class: 'tool gate-language', 'data-test': 'language', lang: currentLanguage() === 'zh' ? 'en' : 'zh-CN', click: options.switchLanguage,
    }, t.otherLanguage));
}

function signInForm(options: SignInOptions): HTMLElement {
  const t = words();
  const login = field(t.login, { name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', maxlength: 200 });
  const password = field(t.password, { name: 'password', type: 'password', autocomplete: 'current-password', maxlength: 1000 });
  const form = guardedForm([login, password], t.signIn, async () => {
    await signIn(login.input.value.trim(), password.input.value);
    options.done();
  }, () => {
    password.input.value = '';
    password.input.focus();
  });
  if (options.reason) form.element.prepend(h('p', { class: 'gate-note', role: 'status' }, icon('info'), options.reason));
  const nobody = session();
  if (!nobody.person && nobody.sso) {
    form.element.append(h('p', { class: 'gate-or' }, t.or), h('button', {
      type: 'button', class: 'button wide', 'data-test': 'oidc',
      click: () => window.location.assign(`/api/v1/oidc/start?return_to=${encodeURIComponent('/' + window.location.hash)}`),
    }, nobody.ssoName || t.signInOIDC));
  }
  queueMicrotask(() => login.input.focus());
  return form.element;
}

export interface PasswordFormOptions {
  intro?: string;
  done(): void;
  cancel?(): void;
}

/** Asks for the old password and a new one. */
export function passwordForm(options: PasswordFormOptions): HTMLElement {
  const t = words();
  const old = field(t.oldPassword, { name: 'password', type: 'password', autocomplete: 'current-password', maxlength: 1000 });
  const chosen = field(t.newPassword, { name: 'new-password', type: 'password', autocomplete: 'new-password', minlength: shortest, maxlength: 1000 }, t.passwordRule(shortest));
  const repeated = field(t.repeatPassword, { name: 'repeat-password', type: 'password', autocomplete: 'new-password', maxlength: 1000 });
  // Password managers file the new password under the name that is beside it.
  const person = session().person;
  const name = h('input', { type: 'text', name: 'username', autocomplete: 'username', value: person?.login ?? '', readonly: true, tabindex: -1, 'aria-hidden': 'true', class: 'hidden' });
  const form = guardedForm([old, chosen, repeated], t.changePassword, async () => {
    if ([...chosen.input.value].length < shortest) throw new FieldError(chosen.input, t.passwordRule(shortest));
    if (chosen.input.value !== repeated.input.value) throw new FieldError(repeated.input, t.passwordsDiffer);
    try {
      await changePassword(old.input.value, chosen.input.value);
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      if (failure.code === 'bad_credentials') throw new FieldError(old.input, t.wrongOldPassword);
      if (failure.code === 'invalid') throw new FieldError(chosen.input, t.passwordRule(shortest));
      throw failure;
    }
    options.done();
  }, () => old.input.select());
  form.element.prepend(name);
  if (options.intro) form.element.prepend(h('p', { class: 'gate-note' }, icon('info'), options.intro));
  if (options.cancel) form.element.append(h('button', { type: 'button', class: 'button wide plain', click: options.cancel }, t.cancel));
  queueMicrotask(() => old.input.focus());
  return form.element;
}

class FieldError extends Error {
  constructor(readonly input: HTMLInputElement, message: string) {
    super(message);
  }
}

interface Field {
  element: HTMLElement;
  input: HTMLInputElement;
}

function field(label: string, attributes: Record<string, string | number>, hint = ''): Field {
  const id = `field-${attributes['name']}`;
  const input = h('input', { id, type: 'text', required: true, ...attributes, ...(hint ? { 'aria-describedby': `${id}-hint` } : {}) });
  return {
    input,
    element: h('div', { class: 'field' }, h('label', { for: id }, label), input, ...(hint ? [h('small', { id: `${id}-hint`, class: 'dim' }, hint)] : [])),
  };
}

/** A form that is sent once at a time, and says what was wrong with it. */
function guardedForm(fields: Field[], label: string, send: () => Promise<void>, wrong: () => void): { element: HTMLFormElement } {
  const t = words();
  let waiting = 0; // timer of a lock
  const errorText = h('span');
  const error = h('p', { class: 'gate-error', role: 'alert' }, icon('warning'), errorText);
  error.hidden = true;
  const button = h('button', { type: 'submit', class: 'button primary wide' }, label);
  const say = (text: string) => {
    error.hidden = text === '';
    setText(errorText, text);
  };

  function lockedFor(seconds: number, text: (left: number) => string): void {
    const until = Date.now() + seconds * 1000;
    const show = () => {
      const left = Math.ceil((until - Date.now()) / 1000);
      button.disabled = left > 0;
      if (left > 0) return say(text(left));
      window.clearInterval(waiting);
      say('');
    };
    window.clearInterval(waiting);
    waiting = window.setInterval(show, 500);
    show();
  }

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      await send();
      return; // the page goes on elsewhere
    } catch (failure) {
      button.disabled = false;
      if (failure instanceof FieldError) {
        say(failure.message);
        failure.input.focus();
        return;
      }
      if (!(failure instanceof Problem)) throw failure;
      if (failure.status === 429) {
        lockedFor(failure.retryAfter || 30, failure.code === 'too_many_attempts' ? t.addressLocked : t.accountLocked);
      } else {
        say(failure.status === 0 ? t.neverConnected : failure.code === 'bad_credentials' ? t.badCredentials : t.codes[failure.code] ?? failure.message);
      }
      wrong();
    }
  }
  const element = h('form', { class: 'gate-form', novalidate: true, submit: (event) => {
    const missing = fields.find((f) => f.input.value === '');
    if (missing) {
      event.preventDefault();
      say(t.fillIn);
      missing.input.focus();
      return;
    }
    void submit(event);
  } }, ...fields.map((f) => f.element), error, button);
  return { element };
}
