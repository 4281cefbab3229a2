import { Mwn } from 'mwn';

const bot = await Mwn.init({
  apiUrl: 'https://en.wikipedia.org/w/api.php',
  username: 'DemoBot@uploads',
  password: process.env.BOT_PASSWORD,
  userAgent: 'DemoBot/1.0 (demobot@example.org)',
});

function* reviews(article, text) {
  const namePredicate = (name) => /^article[ _]+history$/i.test(name);
  for (const template of new bot.Wikitext(text).parseTemplates({ namePredicate })) {
    for (let number = 1; template.getParam(`action${number}`); number++) {
      const [kind, date, result] = ['', 'date', 'result'].map(
        (part) => template.getValue(`action${number}${part}`) ?? '',
      );
      yield [date, `[[${article}]]`, kind, result];
    }
  }
}

const titles = [];
const category = new bot.Category('Featured topic on comets');
for await (const { title } of category.membersGen({ cmnamespace: 1 })) titles.push(title);
const rows = [];
for await (const page of bot.readGen(titles)) {
  const article = new bot.Title(page.title).getSubjectPage().toText();
  rows.push(...reviews(article, page.revisions[0].content));
}
const table = new Mwn.Table({ multiline: false });
table.addHeaders(['Date', 'Article', 'Review', 'Result']);
for (const row of rows.sort()) table.addRow(row);
const edit = await bot.save('User:DemoBot/Comets', table.getText(), `${rows.length} reviews`, { bot: false });
console.log(edit.nochange ? 'unchanged' : edit.new ? 'created' : 'saved');
