import { createHash } from 'crypto';
import { readdirSync, readFileSync } from 'fs';
import Session from 'm3api';

const CATEGORY = 'Category:Photos of planets';

const options = { userAgent: 'DemoBot/1.0 (demobot@example.org)' };
const session = new Session('https://en.wikipedia.org/w/api.php', { formatversion: 2, maxlag: 5 }, options);
const account = { action: 'login', lgname: 'DemoBot@uploads', lgpassword: process.env.BOT_PASSWORD };
await session.request(account, { method: 'POST', tokenType: 'login', tokenName: 'lgtoken' });
session.defaultParams.assert = 'user'; // if the login was refused, each request is
const onWiki = new Map();
const files = { action: 'query', generator: 'categorymembers', gcmtitle: CATEGORY, gcmtype: 'file', gcmlimit: 'max' };
for await (const { query } of session.requestAndContinue({ ...files, prop: 'imageinfo', iiprop: 'sha1' })) {
  for (const page of query?.pages ?? []) {
    for (const version of page.imageinfo ?? []) onWiki.set(version.sha1, page.title);
  }
}
for (const filename of readdirSync('photos').sort()) {
  const content = readFileSync(`photos/${filename}`);
  const sha1 = createHash('sha1').update(content).digest('hex');
  if (onWiki.has(sha1)) {
    console.log(filename, 'is', onWiki.get(sha1));
    continue;
  }
  const text = { text: `[[${CATEGORY}]]`, comment: 'from the directory of photos' };
  const send = (file) =>
    session.request({ action: 'upload', filename, ...text, ...file }, { method: 'POST', tokenType: 'csrf' });
  let { upload } = await send({ file: new Blob([content]) });
  const warnings = Object.keys(upload.warnings ?? {}).join();
  if (warnings === 'exists') ({ upload } = await send({ filekey: upload.filekey, ignorewarnings: true }));
  if (upload.result !== 'Success') throw new Error(`${filename}: ${JSON.stringify(upload)}`);
  console.log(filename, 'sent as', upload.filename);
}
