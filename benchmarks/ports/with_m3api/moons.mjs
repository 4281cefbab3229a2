import { readFileSync } from 'fs';
import { parse } from 'csv-parse/sync';
import Session from 'm3api';

const texts = new Map();
const contents = new Map();
for (const { moon, planet, found } of parse(readFileSync('moons.csv'), { columns: true })) {
  texts.set(`Moons/${moon}`, `'''${moon}''' is a moon of [[${planet}]], found in ${found}.`);
  contents.set(planet, [...(contents.get(planet) ?? []), `* [[Moons/${moon}|${moon}]]\n`]);
}
const sections = [...contents].sort().map(([planet, moons]) => `== ${planet} ==\n${moons.sort().join('')}`);
texts.set('Moons', sections.join('\n'));

const options = { userAgent: 'DemoBot/1.0 (demobot@example.org)' };
const session = new Session('https://en.wikipedia.org/w/api.php', { formatversion: 2, maxlag: 5 }, options);
const account = { action: 'login', lgname: 'DemoBot@uploads', lgpassword: process.env.BOT_PASSWORD };
await session.request(account, { method: 'POST', tokenType: 'login', tokenName: 'lgtoken' });
session.defaultParams.assert = 'user'; // if the login was refused, each request is
for (const [title, text] of texts) {
  try {
    const change = { action: 'edit', title, text, summary: 'from moons.csv' };
    const { edit } = await session.request(change, { method: 'POST', tokenType: 'csrf' });
    if (edit.result !== 'Success') throw new Error(JSON.stringify(edit));
    console.log(title, edit.nochange ? 'unchanged' : edit.new ? 'created' : 'saved');
  } catch (error) {
    console.log(title, error.message);
  }
}
