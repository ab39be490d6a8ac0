// Takes a picture of every page in both languages at three sizes, for people to look
// at: make screenshots. PICTURES is the folder.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { close, launch, open, quit, url } from './driver.mjs';
import { pages, settled } from './pages.mjs';
import { administrator } from './people.mjs';

const folder = process.env.PICTURES ?? 'pictures';
const sizes = [[1440, 900], [1920, 1080], [390, 844]];

before(launch);
after(quit);

for (const language of ['zh', 'en']) {
  for (const [width, height] of sizes) {
    test(`${language} ${width}x${height}`, async () => {
      const all = await pages(await administrator());
      const to = join(folder, `${language}-${width}x${height}`);
      await mkdir(to, { recursive: true });
      const page = await open({ language, width, height });
      for (const [name, path] of Object.entries(all)) {
        await page.goto(url + path);
        await settled(page);
        await page.waitForTimeout(400); // charts grow
        await page.screenshot({ path: join(to, `${name}.png`) });
      }
      await close(page);
    });
  }
}
