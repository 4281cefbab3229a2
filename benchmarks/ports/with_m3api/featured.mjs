import Session from 'm3api';
import Parser from 'wikiparser-node';

function* reviews(article, text) {
  for (const template of Parser.parse(text).querySelectorAll('template')) {
    if (!/^Template:Article[ _]+history$/i.test(template.name)) continue;
    for (let number = 1; template.hasArg(`action${number}`); number++) {
      const parts = ['date', '', 'result'].map((part) => template.getValue(`action${number}${part}`) ?? '');
      yield `|-\n| ${parts.toSpliced(1, 0, `[[${article}]]`).join(' || ')}\n`;
    }
  }
}

const options = { userAgent: 'DemoBot/1.0 (demobot@example.org)', dropTruncatedResultWarning: true };
const session = new Session('https://en.wikipedia.org/w/api.php', { formatversion: 2, maxlag: 5 }, options);
const account = { action: 'login', lgname: 'DemoBot@uploads', lgpassword: process.env.BOT_PASSWORD };
await session.request(account, { method: 'POST', tokenType: 'login', tokenName: 'lgtoken' });
session.defaultParams.assert = 'user'; // if the login was refused, each request is
const rows = [];
const members = { generator: 'categorymembers', gcmtitle: 'Category:Featured topic on comets', gcmnamespace: 1 };
const texts = { gcmlimit: 'max', prop: 'revisions', rvprop: 'content', rvslots: 'main' };
for await (const { query } of session.requestAndContinue({ action: 'query', ...members, ...texts })) {
  for (const { title, revisions } of query?.pages ?? []) {
    const article = title.replace(/^.*?:/, '');
    for (const { slots } of revisions ?? []) rows.push(...reviews(article, slots.main.content ?? ''));
  }
}
const text = `{| class="wikitable sortable"\n! Date !! Article !! Review !! Result\n${rows.sort().join('')}|}`;
const change = { action: 'edit', title: 'User:DemoBot/Comets', text, summary: `${rows.length} reviews` };
const { edit } = await session.request(change, { method: 'POST', tokenType: 'csrf' });
if (edit.result !== 'Success') throw new Error(JSON.stringify(edit));
console.log(edit.nochange ? 'unchanged' : edit.new ? 'created' : 'saved');
