// People that a story needs, made by the administrator over the API: each signs in
// with the password that he has chosen himself.
import { url } from './driver.mjs';

/** Somebody who asks the API as a browser would. */
export class Caller {
  cookie = '';
  csrf = '';

  async signIn(login, password) {
    const answer = await fetch(`${url}/api/v1/session`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login, password }),
    });
    this.cookie = /steward=[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
    if (!answer.ok) throw new Error(`sign in ${login}: ${answer.status} ${await answer.text()}`);
    this.csrf = (await this.ask('GET', '/session')).csrf;
    return this;
  }

  /** The answer as it came. */
  fetch(method, path, body, headers = {}) {
    return fetch(`${url}/api/v1${path}`, {
      method, headers: {
        Cookie: this.cookie, 'X-Steward-CSRF': this.csrf, Origin: url, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  async ask(method, path, body) {
    const answer = await this.fetch(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}

/** The administrator of the demonstration. */
export const administrator = () => new Caller().signIn(process.env.STEWARD_PERSON, process.env.STEWARD_PASSWORD);

let made = 0;

/** Somebody new with a role at a place; his login and password. */
export async function newcomer(boss, role, place, name = `${role} ${made}`) {
  const login = `${role}-${Date.now().toString(36)}${made++}`;
  const { one_time_password: once } = await boss.ask('POST', '/people', { login, name, grants: [{ role, place }] });
  const chosen = `blue lantern ${Math.random().toString(36).slice(2)}`;
  const caller = await new Caller().signIn(login, once);
  await caller.ask('POST', '/password', { old: once, new: chosen });
  return { login, password: chosen };
}
