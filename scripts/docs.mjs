// npm run docs: writes the parts of the documentation that follow from the code and the measurements. With `--check` it only compares.
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { bootstrap } from './bootstrap.mjs';
import { root } from './run.mjs';

/** The generated parts of documents: everything between two marks, or the whole file. */
async function parts() {
  const [
    { lifecycleDiagram },
    { roomsDiagram },
    { reference },
    { choosing, figures, faults },
    { snippetText },
  ] = await Promise.all([
    import('./docs/lifecycle-diagram.mjs'),
    import('./docs/rooms-diagram.mjs'),
    import('./docs/reference.mjs'),
    import('./docs/figures.mjs'),
    import('./build/snippet.mjs'),
  ]);
  return [
    { file: 'docs/api.md', text: await reference() },
    { file: 'ARCHITECTURE.md', mark: 'rooms', text: await roomsDiagram() },
    { file: 'docs/connection.md', mark: 'lifecycle', text: await lifecycleDiagram() },
    { file: 'docs/early.md', mark: 'snippet', text: earlyPage(await snippetText()) },
    { file: 'README.md', mark: 'figures', text: await figures() },
    { file: 'docs/choosing.md', mark: 'choosing', text: await choosing() },
    { file: 'README.md', mark: 'faults', text: await faults() },
  ];
}

/** A page of plain HTML with the early snippet. @param {string} snippet */
const earlyPage = (snippet) => `\`\`\`html
<script>${snippet}("http://localhost:3000")</script>
<script src="holdfast.min.js"></script>
<script>
  io('http://localhost:3000').on('connect', () => console.log('connected')); // → connected
</script>
\`\`\``;

/** @param {string} document @param {string} mark @param {string} text */
function between(document, mark, text) {
  const place = new RegExp(`(<!-- ${mark}: written by npm run docs -->\n)[\\s\\S]*?(<!-- /${mark} -->)`);
  if (!place.test(document)) throw new Error(`there is no place for "${mark}" in the document`);
  return document.replace(place, (_, start, end) => `${start}\n${text}\n\n${end}`);
}

/** @param {{ file: string, mark?: string, text: string }} part @returns {Promise<[string, string]>} The current and the correct text. */
async function compare({ file, mark, text }) {
  const kept = await readFile(`${root}${file}`, 'utf8').catch(() => '');
  return [kept, mark === undefined ? text : between(kept, mark, text)];
}

/** @returns {Promise<{ code: number, output: string }>} */
export async function checkDocs() {
  const stale = [];
  for (const part of await parts()) {
    const [kept, text] = await compare(part);
    if (kept !== text) stale.push(`${part.file}${part.mark ? ` (${part.mark})` : ''}`);
  }
  const output = stale.map((name) => `${name} is out of date: run "npm run docs".`).join('\n');
  return { code: stale.length === 0 ? 0 : 1, output };
}

async function writeDocs() {
  for (const part of await parts()) {
    const [kept, text] = await compare(part);
    if (kept === text) continue;
    await writeFile(`${root}${part.file}`, text);
    console.log(`written: ${part.file}${part.mark ? ` (${part.mark})` : ''}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await bootstrap();
  if (process.argv.includes('--check')) {
    const { code, output } = await checkDocs();
    console.log(output || 'The documents are what the code says.');
    process.exitCode = code;
  } else await writeDocs();
}
