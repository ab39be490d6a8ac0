// Opens pages in the browser and tells the server's stage what devices do.
import { chromium } from 'playwright-core';

export const url = process.env.STEWARD_URL;
const control = process.env.STEWARD_CONTROL;
if (!url || !control) throw new Error('run me by go test ./dashboard -run TestBrowser, which starts the server');

/** Plays commands on the stage, in order. */
export async function play(...commands) {
  const answer = await fetch(control, { method: 'POST', body: JSON.stringify(commands) });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
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

/** A page of its own profile. What it logs as an error fails the test that calls noErrors. */
export async function open({ language = 'en', theme = 'light', width = 1440, height = 900, hash = '', timezone = 'Asia/Shanghai' } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    colorScheme: theme,
    timezoneId: timezone,
    hasTouch: width < 600,
  });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') page.errors.push(message.text());
  });
  await page.goto(url + '/' + hash);
  await page.locator('[data-test=connection][data-state=live]').waitFor();
  return page;
}

export async function close(page) {
  await page.context().close();
}
