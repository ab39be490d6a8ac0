// Every page in the dark, in both languages, on a desk and on a phone: nothing is left
// untranslated, keeps people out, is cut off, or logs an error. The stories of the areas
// look at theirs by daylight.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { barriers, close, launch, open, quit, url } from '../driver.mjs';
import { pages, settled } from '../pages.mjs';
import { administrator } from '../people.mjs';

before(launch);
after(quit);

/** What vue-i18n shows when a message is missing: its key. */
const key = /(?:^|\s)(?:app|live|incidents|devices|energy|reliability|response|headquarters|settings(?:-\w+)?)\.[a-z]\w*(?:\.\w+)*(?=$|\s)/m;

for (const [language, theme, size] of [
  ['zh', 'dark', { width: 1440, height: 900 }], ['en', 'dark', { width: 390, height: 844 }],
]) {
  test(`all pages, ${language}, ${theme}, ${size.width} wide`, async (t) => {
    const all = await pages(await administrator());
    const page = await open({ language, theme, ...size });
    for (const [name, path] of Object.entries(all)) {
      await t.test(name, async () => {
        page.errors.length = 0;
        await page.goto(url + path);
        await settled(page);
        const text = await page.locator('body').innerText();
        assert.doesNotMatch(text, key, 'a message is missing');
        assert.doesNotMatch(text, /\b(?:undefined|NaN|\[object Object\])\b/);
        if (language === 'zh') assert.match(await page.locator('h1, [data-test=wall]').first().innerText(), /\p{Script=Han}/u);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, 'something is wider than the page');
        assert.deepEqual(await barriers(page), []);
        assert.deepEqual(page.errors, []);
      });
    }
    await close(page);
  });
}
