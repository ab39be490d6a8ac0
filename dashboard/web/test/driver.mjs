// Opens pages in the browser and tells the server's stage what devices do.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const url = process.env.STEWARD_URL;
export const password = process.env.STEWARD_PASSWORD;
const control = process.env.STEWARD_CONTROL;
if (!url) throw new Error('run me by go test ./dashboard -run TestBrowser, or ./cmd/steward -run TestStories, which start the server');

/** Plays commands on the stage, in order, and returns what they say. */
export async function play(...commands) {
  if (!control) throw new Error('a whole Steward has no stage: only its devices and its API say what happens');
  const answer = await fetch(control, { method: 'POST', body: JSON.stringify(commands) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${text}`);
  return text;
}

const ago = (ms) => new Date(Date.now() - ms).toISOString();
let incidents = process.pid * 1000; // the files of scenes share a server, and no incident

/** A clock of an incident: limit in seconds, begun age milliseconds ago. A name that is a deed stops by it. */
export function clock(standard, title, limit, age, more = {}) {
  return {
    standard, title, state: 'running', limit_seconds: limit, started_at: ago(age), started_received_at: ago(age),
    deadline: ago(age - limit * 1000), ...more,
  };
}

/** An incident of a device, begun age milliseconds ago, for play({ do: 'incident', incident, entry: { kind: 'opened' } }). */
export function incident(device, { age = 0, late = 0, title = { zh: '电梯困人', en: 'Entrapment' }, ...more } = {}) {
  const [region, project, cls, id] = device.split('/');
  const number = (incidents++).toString(4).padStart(16, '0').replace(/\d/g, (digit) => 'abcd'[digit]);
  const started = ago(age + late);
  return {
    id: `20261120-${number}`, fingerprint: `${title.en}@${device}#${number}`, rule: 'lift-entrapment', kind: 'entrapment', title,
    runbook: { zh: '1. 与乘客通话\n2. 派人', en: '1. Talk to the passengers\n2. Send somebody' }, summary: { zh: '', en: '' },
    severity: 'life_safety', labels: {}, region, project, class: cls, device: id, state: 'firing', group: device, count: 1,
    started_at: started, received_at: ago(age), stages: [], clocks: [], told: [], version: 0, seq: 0, updated_at: started, ...more,
  };
}

/** The command that puts an incident there as it is given, with an entry of its timeline. */
export function incidentIs(value, kind = 'opened', note = '', data = undefined) {
  const actor = { kind: 'device', id: value.device ?? '', name: value.device ?? '' };
  return { do: 'incident', incident: value, entry: { kind, note, data, at: value.started_at, received_at: value.received_at, actor } };
}

const secrets = new Map();

/** The cookie of a person's session. Unless it must be fresh, all pages of a person share one. */
async function cookieOf(person, fresh, secret = password) {
  if (!fresh && secrets.has(person)) return secrets.get(person);
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login: person, password: secret }),
  });
  const value = /steward=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
  if (!answer.ok || !value) throw new Error(`sign in ${person}: ${answer.status} ${await answer.text()}`);
  const cookie = { name: 'steward', value, url, httpOnly: true, sameSite: 'Lax' };
  if (!fresh) secrets.set(person, cookie);
  return cookie;
}

let browser;

export async function launch() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
}

export async function quit() {
  await browser?.close();
}

/** A page of its own profile, of somebody who is signed in; of nobody when person is empty. What it logs as an error fails the test that calls noErrors. */
export async function open({ language = 'en', theme = 'light', width = 1440, height = 900, path = '/', timezone = 'Asia/Shanghai', person = process.env.STEWARD_PERSON ?? 'boss', secret = undefined, fresh = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    colorScheme: theme,
    timezoneId: timezone,
    hasTouch: width < 600,
  });
  if (person) await context.addCookies([await cookieOf(person, fresh, secret)]);
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  page.on('console', (message) => {
    // The stage has no store of measurements, which the browser itself logs.
    if (control && message.location().url.includes('/api/v1/consumption/')) return;
    if (message.type() === 'error') page.errors.push(message.text());
  });
  await page.goto(url + path);
  await page.locator(person ? '[data-test=connection][data-state=live]' : '[data-test=signin]').waitFor();
  // A question without an answer fails the test sooner than the default half minute.
  page.setDefaultTimeout(15_000);
  return page;
}

export async function close(page) {
  await page.context().close();
}

/** Texts that are drawn over one another, and switches that are drawn out, as people see them. */
export function collisions(page) {
  return page.evaluate(() => {
    const texts = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const element = node.parentElement;
      if (!node.textContent.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const drawn of range.getClientRects()) {
        let { left, right, top, bottom } = drawn;
        const hit = document.elementFromPoint(Math.min((left + right) / 2, innerWidth - 1), (top + bottom) / 2);
        if (!hit || !(element.contains(hit) || hit.contains(element))) continue; // under something else, or not on the screen
        for (let box = element; box; box = box.parentElement) {
          if (getComputedStyle(box).overflow === 'visible') continue;
          const cut = box.getBoundingClientRect();
          [left, right, top, bottom] = [Math.max(left, cut.left), Math.min(right, cut.right), Math.max(top, cut.top), Math.min(bottom, cut.bottom)];
        }
        if (right - left > 3 && bottom - top > 5) texts.push({ element, text: node.textContent.trim(), left, right, top, bottom });
      }
    }
    const found = [];
    for (const [i, a] of texts.entries()) {
      for (const b of texts.slice(i + 1)) {
        if (a.element === b.element) continue;
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 3 && high > 4) found.push(`“${a.text.slice(0, 40)}” over “${b.text.slice(0, 40)}”`);
      }
    }
    for (const group of document.querySelectorAll('.segments')) {
      const { height } = group.getBoundingClientRect();
      if (height > 90) found.push(`a switch is ${Math.round(height)} px high: ${group.innerText.slice(0, 40)}`);
    }
    return found;
  });
}

/** Texts of which a part cannot be read: their box ends before them, and neither scrolls nor says so with an ellipsis. */
export function cutOff(page) {
  return page.evaluate(() => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const text = node.textContent.trim();
      const range = document.createRange();
      range.selectNodeContents(node);
      const { left, right, width, height } = range.getBoundingClientRect();
      if (!text || width < 2 || height < 2) continue;
      for (let box = node.parentElement; box; box = box.parentElement) {
        const { overflowX, textOverflow, position } = getComputedStyle(box);
        if (overflowX === 'auto' || overflowX === 'scroll' || textOverflow === 'ellipsis') break;
        const edge = box.getBoundingClientRect();
        if (edge.width < 2 || edge.height < 2 || box.ariaHidden === 'true' || box.classList.contains('hidden')) break; // for those who listen, or drawn again in what scrolls
        if ((overflowX === 'hidden' || overflowX === 'clip') && (right > edge.right + 1 || left < edge.left - 1)) {
          found.push(`“${text.slice(0, 60)}” is cut off by ${box.className || box.tagName}`);
          break;
        }
        if (position === 'fixed') break;
      }
    }
    for (const link of document.querySelectorAll('nav a[aria-current]')) {
      const { left, right, width } = link.getBoundingClientRect();
      if (width > 0 && (left < -1 || right > innerWidth + 1)) found.push(`where one is, is out of sight: ${link.innerText.trim()}`);
    }
    return found;
  });
}

/** Languages, themes and sizes, each with each of the others. */
export const looks = [
  { language: 'en', theme: 'light', width: 1440, height: 900 }, { language: 'en', theme: 'dark', width: 390, height: 844 },
  { language: 'zh', theme: 'dark', width: 1440, height: 900 }, { language: 'zh', theme: 'light', width: 390, height: 844 },
];

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What keeps people out: serious and critical findings of axe. */
export async function barriers(page) {
  // Injected beside the page's own policy, as a browser extension is.
  const { violations } = await page.evaluate(async (source) => {
    if (!window.axe) (0, eval)(source);
    return window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] });
  }, axe);
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    // What lies under an open menu is large enough once that is closed.
    .map((v) => ({ ...v, nodes: v.nodes.filter((n) => v.id !== 'target-size' || !/partially obscured/.test(n.failureSummary)) }))
    .filter((v) => v.nodes.length > 0)
    .map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join('\n')}`);
}
