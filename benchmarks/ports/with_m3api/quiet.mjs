import { existsSync, readFileSync, writeFileSync } from 'fs';
import Session from 'm3api';

const STORED = 'quiet-until.txt';
const STOP = 'User:DemoBot/Stop';
const EXCLUDED = /\{\{\s*(nobots\s*\}|bots\s*\|\s*(allow\s*=\s*none|deny\s*=[^}]*\b(DemoBot|all)\b))/i;

const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();

const until = ago(15);
const since = existsSync(STORED) ? readFileSync(STORED, 'utf8') : ago(15 + 24 * 60);
const options = { userAgent: 'DemoBot/1.0 (demobot@example.org)', dropTruncatedResultWarning: true };
const session = new Session('https://en.wikipedia.org/w/api.php', { formatversion: 2, maxlag: 5 }, options);
const account = { action: 'login', lgname: 'DemoBot@uploads', lgpassword: process.env.BOT_PASSWORD };
await session.request(account, { method: 'POST', tokenType: 'login', tokenName: 'lgtoken' });
session.defaultParams.assert = 'user'; // if the login was refused, each request is
const changes = { generator: 'recentchanges', grcnamespace: 0, grcshow: '!bot', grctoponly: true, grclimit: 'max' };
const texts = { prop: 'revisions', rvprop: ['ids', 'content'], rvslots: 'main', grcstart: until, grcend: since };
for await (const { query } of session.requestAndContinue({ action: 'query', ...changes, ...texts })) {
  for (const { title, revisions } of query?.pages ?? []) {
    if (!revisions) continue; // in another response
    const content = revisions[0].slots.main.content ?? '';
    const text = content.replace(/[ \t]+$/gm, '');
    if (text === content || EXCLUDED.test(content)) {
      console.log(title, text === content ? 'unchanged' : 'excludes bots');
      continue;
    }
    const stop = await session.request({ action: 'query', titles: STOP, prop: 'info' });
    if (stop.query.pages[0].length) throw new Error(`${STOP} has a text`);
    try {
      const change = { title, text, baserevid: revisions[0].revid, nocreate: true, bot: true, minor: true };
      const parameters = { action: 'edit', ...change, summary: 'no spaces at the ends of lines' };
      const { edit } = await session.request(parameters, { method: 'POST', tokenType: 'csrf' });
      if (edit.result !== 'Success') throw new Error(JSON.stringify(edit));
      console.log(title, edit.nochange ? 'unchanged' : 'saved');
    } catch (error) {
      console.log(title, error.message);
    }
  }
}
writeFileSync(STORED, until); // after the work: a run that was stopped is repeated
