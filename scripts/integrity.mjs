// The hashes in README.md, by which a browser knows a script of a CDN for the one that was published.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { root } from './run.mjs';

const FILES = ['holdfast.min.js', 'holdfast.esm.min.js', 'holdfast.inspector.min.js'];
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
  const readme = await readFile(`${root}README.md`, 'utf8');
  const written = readme.replace(PART, (_, start, end) => start + lines.join('\n') + end);
  if (!PART.test(readme)) throw new Error('README.md has no place for the hashes of the scripts.');
  if (written !== readme) await writeFile(`${root}README.md`, written);
}
