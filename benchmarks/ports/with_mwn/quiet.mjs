import { existsSync, readFileSync, writeFileSync } from 'fs';
import { Mwn } from 'mwn';

const STORED = 'quiet-until.txt';
const STOP = 'User:DemoBot/Stop';
const EXCLUDED = /\{\{\s*(nobots\s*\}|bots\s*\|\s*(allow\s*=\s*none|deny\s*=[^}]*\b(DemoBot|all)\b))/i;

const tidy = (text) => text.replace(/[ \t]+$/gm, '');

const until = new Date(Date.now() - 15 * 60_000);
const since = existsSync(STORED) ? new Date(readFileSync(STORED, 'utf8')) : new Date(until - 24 * 3_600_000);
const bot = await Mwn.init({
  apiUrl: 'https://en.wikipedia.org/w/api.php',
  username: 'DemoBot@uploads',
  password: process.env.BOT_PASSWORD,
  userAgent: 'DemoBot/1.0 (demobot@example.org)',
});
const changes = { action: 'query', list: 'recentchanges', rcnamespace: 0, rcshow: '!bot', rctoponly: true };
for await (const { query } of bot.continuedQueryGen({ ...changes, rcstart: until, rcend: since, rclimit: 'max' })) {
  for (const { title } of query.recentchanges) {
    const transform = async ({ content }) => {
      if (tidy(content) === content) return undefined;
      const stop = await bot.read(STOP);
      if (stop.revisions?.[0].content) throw new Error(`${STOP} has a text`);
      return { text: tidy(content), summary: 'no spaces at the ends of lines', minor: true };
    };
    try {
      const edit = await bot.edit(title, transform, { conflictRetries: 2, exclusionRegex: EXCLUDED });
      console.log(title, edit.result === 'aborted' || edit.nochange ? 'unchanged' : 'saved');
    } catch (error) {
      if (error.message === `${STOP} has a text`) throw error;
      console.log(title, error.message);
    }
  }
}
writeFileSync(STORED, until.toISOString()); // after the work: a run that was stopped is repeated
