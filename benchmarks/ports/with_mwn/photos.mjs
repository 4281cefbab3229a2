import { createHash } from 'crypto';
import { readdirSync, readFileSync } from 'fs';
import { Mwn } from 'mwn';

const CATEGORY = 'Category:Photos of planets';

const bot = await Mwn.init({
  apiUrl: 'https://en.wikipedia.org/w/api.php',
  username: 'DemoBot@uploads',
  password: process.env.BOT_PASSWORD,
  userAgent: 'DemoBot/1.0 (demobot@example.org)',
});
const onWiki = new Map();
const query = { action: 'query', generator: 'categorymembers', gcmtitle: CATEGORY, gcmtype: 'file', gcmlimit: 'max' };
for await (const { query: found } of bot.continuedQueryGen({ ...query, prop: 'imageinfo', iiprop: 'sha1' })) {
  for (const page of found?.pages ?? []) {
    for (const version of page.imageinfo ?? []) onWiki.set(version.sha1, page.title);
  }
}
for (const name of readdirSync('photos').sort()) {
  const sha1 = createHash('sha1')
    .update(readFileSync(`photos/${name}`))
    .digest('hex');
  if (onWiki.has(sha1)) {
    console.log(name, 'is', onWiki.get(sha1));
    continue;
  }
  const ignorewarnings = await new bot.File(name).exists(); // true ignores all warnings
  const options = { comment: 'from the directory of photos', ignorewarnings };
  const result = await bot.upload(`photos/${name}`, name, `[[${CATEGORY}]]`, options);
  if (result.result !== 'Success') throw new Error(`${name}: ${JSON.stringify(result)}`);
  console.log(name, 'sent as', result.filename);
}
