// The text for the head of a page: src/platform/early-snippet.ts, as short as possible.
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { minify } from 'terser';
import { root } from '../run.mjs';

/** The file of dist with the text, for pages that connect to their own server. */
export const SNIPPET_FILE = 'holdfast.early.min.js';

/** The maximum size with arguments, in bytes. */
export const MAX_SNIPPET_BYTES = 500;

/** Arguments of the usual length. */
const EXAMPLE = '("https://api.example.com")';

/**
 * @returns {Promise<string>} A function, without its arguments.
 * @throws Error if it is too long, or cannot be placed between `<script>` and `</script>` in a page of any encoding
 */
export async function snippetText() {
  const source = await readFile(`${root}src/platform/early-snippet.ts`, 'utf8');
  const { code } = await transform(source, { loader: 'ts', target: 'es2020' });
  const [, expression] = /^export const openEarly = (.*);\s*$/s.exec(code) ?? [];
  if (!expression) throw new Error(`src/platform/early-snippet.ts is more than one function: ${code}`);
  const shortened = await minify(`(${expression})()`, {
    ecma: 2020,
    compress: { passes: 3, expression: true },
    format: { ascii_only: true },
  });
  const text = `${shortened.code}`.replace(/\(\);?$/, '').replace(/\bconst\b/g, 'let');
  if (/[^\x20-\x7e]|<[!/]/.test(text)) throw new Error(`The early snippet cannot stand in a page: ${text}`);
  if (text.length > MAX_SNIPPET_BYTES - EXAMPLE.length)
    throw new Error(
      `The early snippet has ${text.length} bytes with its arguments; ${MAX_SNIPPET_BYTES} are allowed.`,
    );
  return text;
}
