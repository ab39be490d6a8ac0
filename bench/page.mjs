// Loads the live page in a browser that knows nothing of it yet, again and again, and
// prints how long it took each time, as JSON: until the first content was painted, and
// until all devices were there and the first of them were drawn. In milliseconds from
// the beginning of the navigation.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../dashboard/web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const { BENCH_PAGE: page, BENCH_LOGIN: login, BENCH_PASSWORD: password, BENCH_CHROMIUM: executablePath } = process.env;
const devices = Number(process.env.BENCH_DEVICES);
const loads = Number(process.env.BENCH_LOADS);

const answer = await fetch(`${page}/api/v1/session`, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login, password }),
});
const value = /steward=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '')?.[1];
if (!answer.ok || !value) throw new Error(`sign in: ${answer.status} ${await answer.text()}`);

/** Runs in the page, before any of its own scripts. */
function watch(expected) {
  const look = () => {
    const count = document.querySelector('[data-test=device-count]')?.textContent ?? '';
    if (window.shownAt || count.replace(/\D/g, '') !== String(expected) || !document.querySelector('.device-row')) return;
    // Drawn is what the next frame has put on the screen.
    requestAnimationFrame(() => requestAnimationFrame(() => (window.shownAt ??= performance.now())));
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

const browser = await chromium.launch({
  executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const runs = [];
for (let i = 0; i <= loads; i++) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await context.addCookies([{ name: 'steward', value, url: page, httpOnly: true, sameSite: 'Lax' }]);
  const tab = await context.newPage();
  await tab.addInitScript(watch, devices);
  await tab.goto(`${page}/live`);
  await tab.waitForFunction(() => window.shownAt !== undefined, undefined, { timeout: 60_000 });
  const run = await tab.evaluate(() => ({ paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0, shown: window.shownAt }));
  // The first load warms the browser itself up.
  if (i > 0) runs.push(run);
  await context.close();
}
await browser.close();
console.log(JSON.stringify(runs));
