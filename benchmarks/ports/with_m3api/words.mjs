import { createWriteStream } from 'fs';
import { stringify } from 'csv-stringify/sync';
import Session from 'm3api';

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
const options = { userAgent: 'DemoBot/1.0 (demobot@example.org)', dropTruncatedResultWarning: true };
const session = new Session('https://en.wikipedia.org/w/api.php', { formatversion: 2, maxlag: 5 }, options);
const file = createWriteStream('words.csv');
file.write(stringify([['revision', 'user', 'added', 'removed']]));
const history = { action: 'query', titles: 'Halley', prop: 'revisions', rvprop: ['ids', 'user', 'content'] };
const order = { rvslots: 'main', rvdir: 'newer', rvlimit: 'max' };
for await (const { query } of session.requestAndContinue({ ...history, ...order })) {
  // a TypeError if there is no such page
  for (const { revid, user, slots } of query.pages[0].revisions) {
    const text = slots?.main.content;
    if (text === undefined) continue; // hidden by an administrator
    const words = count(text);
    file.write(stringify([[revid, user, onlyIn(words, before), onlyIn(before, words)]]));
    before = words;
  }
}
file.end();
