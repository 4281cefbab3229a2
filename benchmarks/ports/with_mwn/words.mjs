import { createWriteStream } from 'fs';
import { stringify } from 'csv-stringify/sync';
import { Mwn } from 'mwn';

function count(text) {
  const words = new Map();
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []) words.set(word, (words.get(word) ?? 0) + 1);
  return words;
}

function onlyIn(words, others) {
  const more = [...words].filter(([word, number]) => number > (others.get(word) ?? 0)).map(([word]) => word);
  return more.sort().join(' ');
}

let before = new Map();
const bot = new Mwn({ apiUrl: 'https://en.wikipedia.org/w/api.php', userAgent: 'DemoBot/1.0 (demobot@example.org)' });
await bot.getSiteInfo();
const file = createWriteStream('words.csv');
file.write(stringify([['revision', 'user', 'added', 'removed']]));
const page = new bot.Page('Halley');
for await (const revision of page.historyGen(['ids', 'user', 'content'], { rvdir: 'newer', rvslots: 'main' })) {
  const text = revision.slots?.main.content;
  if (text === undefined) continue; // hidden by an administrator
  const words = count(text);
  file.write(stringify([[revision.revid, revision.user, onlyIn(words, before), onlyIn(before, words)]]));
  before = words;
}
file.end();
