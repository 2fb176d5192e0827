// Writes the hashes of the scripts into a page, with which a browser verifies that a CDN's script is the published one.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { SCRIPTS } from './build/entries.mjs';
import { root } from './run.mjs';

/** The page with the hashes. */
const PAGE = 'docs/integrity.md';
const FILES = SCRIPTS.map(({ file }) => file).filter((file) => file.endsWith('.min.js'));
const CDN = 'https://cdn.jsdelivr.net/npm/holdfast';
const PART = /(<!-- integrity: written by the build -->\n)[\s\S]*(<!-- \/integrity -->)/;

/** @param {string} file A file of dist. */
async function hash(file) {
  const content = await readFile(`${root}dist/${file}`);
  return `sha384-${createHash('sha384').update(content).digest('base64')}`;
}

export async function writeIntegrity() {
  const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8'));
  const hashes = await Promise.all(FILES.map(hash));
  const lines = [
    '```html',
    `<script src="${CDN}@${version}/dist/${FILES[0]}"`,
    `  integrity="${hashes[0]}" crossorigin="anonymous"></script>`,
    '```',
    '',
    `| file of ${version} | integrity |`,
    '|---|---|',
    ...FILES.map((file, i) => `| \`dist/${file}\` | \`${hashes[i]}\` |`),
    '',
  ];
  const kept = await readFile(root + PAGE, 'utf8');
  if (!PART.test(kept)) throw new Error(`${PAGE} has no place for the hashes of the scripts.`);
  const written = kept.replace(PART, (_, start, end) => start + lines.join('\n') + end);
  if (written !== kept) await writeFile(root + PAGE, written);
}
