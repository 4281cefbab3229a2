import { readFileSync } from 'fs';
import { parse } from 'csv-parse/sync';
import { Mwn } from 'mwn';

const texts = new Map();
const contents = new Map();
for (const { moon, planet, found } of parse(readFileSync('moons.csv'), { columns: true })) {
  texts.set(`Moons/${moon}`, `'''${moon}''' is a moon of [[${planet}]], found in ${found}.`);
  contents.set(planet, [...(contents.get(planet) ?? []), `* [[Moons/${moon}|${moon}]]\n`]);
}
const sections = [...contents].sort().map(([planet, moons]) => `== ${planet} ==\n${moons.sort().join('')}`);
texts.set('Moons', sections.join('\n'));

const bot = await Mwn.init({
  apiUrl: 'https://en.wikipedia.org/w/api.php',
  username: 'DemoBot@uploads',
  password: process.env.BOT_PASSWORD,
  userAgent: 'DemoBot/1.0 (demobot@example.org)',
});
for (const [title, text] of texts) {
  try {
    const edit = await bot.save(title, text, 'from moons.csv', { bot: false });
    console.log(title, edit.nochange ? 'unchanged' : edit.new ? 'created' : 'saved');
  } catch (error) {
    console.log(title, error.message);
  }
}
