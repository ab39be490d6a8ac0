// Every page in both languages, by day and by night, on a desk and on a phone: nothing is
// left untranslated, keeps people out, is cut off, is drawn over another, or logs an error.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { barriers, close, collisions, cutOff, launch, open, quit, url } from '../driver.mjs';
import { pages, settled } from '../pages.mjs';
import { administrator, newcomer } from '../people.mjs';

before(launch);
after(quit);

/** What vue-i18n shows when a message is missing: its key. */
const key = /(?:^|\s)(?:app|live|incidents|devices|energy|reliability|response|headquarters|settings(?:-\w+)?)\.[a-z]\w*(?:\.\w+)*(?=$|\s)/m;

/** What holds of every page. */
async function isWhole(page, language) {
  const text = await page.locator('body').innerText();
  assert.doesNotMatch(text, key, 'a message is missing');
  assert.doesNotMatch(text, /\b(?:undefined|NaN|\[object Object\])\b/);
  if (language === 'zh') assert.match(await page.locator('h1, [data-test=wall]').first().innerText(), /\p{Script=Han}/u);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, 'something is wider than the page');
  // Its parts scroll; the frame, with the dangers in it, stays. Only the wall is as long as it is on a phone.
  assert.ok(await page.evaluate(() => document.querySelector('.wall') !== null || document.documentElement.scrollHeight <= window.innerHeight), 'the frame scrolls out of sight');
  assert.deepEqual(await collisions(page), []);
  assert.deepEqual(await cutOff(page), []);
  assert.deepEqual(await barriers(page), []);
  assert.deepEqual(page.errors, []);
}

const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

/** The same page by day and by night, on a desk and on a phone: it follows without being loaded again. */
async function turn(page, theme, size) {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize(size);
  await page.evaluate(() => { window.sinceSettled = 0; });
  await settled(page);
}

// Both languages at a time: most of it is waiting.
test('all pages', { concurrency: 2 }, async (t) => {
  const boss = await administrator();
  const all = await pages(boss); // throws when one of them has nothing to show
  const looks = [['zh', ['light', desk], ['dark', phone]], ['en', ['light', phone], ['dark', desk]]];
  await Promise.all(looks.map(([language, first, second]) => t.test(language, async (t) => {
    const page = await open({ language });
    for (const [name, path] of Object.entries(all)) {
      await t.test(name, async () => {
        await page.emulateMedia({ colorScheme: first[0] });
        await page.setViewportSize(first[1]);
        page.errors.length = 0;
        await page.goto(url + path);
        await settled(page);
        await isWhole(page, language);
        assert.equal(await page.locator('[data-test=missing]').count(), name === 'missing' ? 1 : 0, 'the page is there');
        assert.equal(await page.locator('[data-test=denied]').count(), 0, 'an administrator may see it');
        await turn(page, ...second);
        await isWhole(page, language);
      });
    }
    await close(page);
    // A page that is not for everybody, as somebody sees it who may not.
    await t.test('denied', async () => {
      const lift = all.lift.split('/');
      const viewer = await newcomer(boss, 'viewer', { region: lift[2], project: lift[3] });
      const his = await open({ language, theme: 'dark', ...phone, person: viewer.login, secret: viewer.password });
      await his.goto(`${url}/settings/people`);
      await settled(his);
      await his.locator('[data-test=denied]').waitFor();
      await isWhole(his, language);
      await close(his);
    });
  })));
});

/** What a page writes for the moments that it names. */
async function moments(timezone, paths) {
  const page = await open({ timezone });
  const written = new Map();
  for (const path of paths) {
    await page.goto(url + path);
    await settled(page);
    const found = await page.locator('main time[datetime]').evaluateAll((all) => all.map((one) => [one.dateTime, one.innerText]));
    for (const [at, text] of found) written.set(`${path} ${at}`, text);
  }
  await close(page);
  return written;
}

test('a time is that of its place, wherever the browser is', async () => {
  const all = await pages(await administrator());
  const paths = ['audit', 'jobs', 'job', 'tokens', 'token', 'letters', 'reports', 'energy-waste', 'reliability', 'meter-history', 'incident'].map((name) => all[name]);
  const [here, abroad] = await Promise.all([moments('Asia/Shanghai', paths), moments('America/New_York', paths)]);
  const both = [...here.keys()].filter((moment) => abroad.has(moment));
  assert.ok(both.length > 20, `${both.length} moments are on both pages`);
  assert.deepEqual(both.filter((moment) => here.get(moment) !== abroad.get(moment)).map((moment) => `${moment}: ${here.get(moment)} / ${abroad.get(moment)}`), []);
});
