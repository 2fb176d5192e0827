import { existsSync } from 'node:fs';
import { dirname, normalize } from 'node:path';
import GithubSlugger from 'github-slugger';
import { expect, test } from 'vitest';
import { documents, read, root } from './support/blocks.js';

/** Links between the documents have targets. Links to the web are not checked. */

/** The text without its code blocks, in which brackets are not links. */
const prose = (document: string): string => read(document).replace(/^(```+)[\s\S]*?^\1$/gm, '');

/** The anchors that a code host creates for headings. */
function anchorsOf(document: string): Set<string> {
  const slugger = new GithubSlugger();
  const headings = [...prose(document).matchAll(/^#{1,6} (.*)$/gm)];
  return new Set(
    headings.map(([, words = '']) =>
      slugger.slug(words.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')),
    ),
  );
}

function faultOf(document: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document : normalize(`${dirname(document)}/${path}`);
  if (!existsSync(`${root}${file}`)) return `${file} does not exist`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchorsOf(file).has(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

const linksOf = (document: string): string[] =>
  [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);

test.each([...documents, 'CHANGELOG.md'])('every link of %s has a target', (document) => {
  const inner = linksOf(document).filter((target) => !/^(https?|mailto):/.test(target));
  const faults = inner.map((target) => faultOf(document, target)).filter((fault) => fault !== undefined);
  expect(faults).toEqual([]);
});

test('finds a link without a target', () => {
  expect(faultOf('README.md', 'docs/nothing.md')).toBe('docs/nothing.md does not exist');
  expect(faultOf('docs/auth.md', '#nothing')).toBe('docs/auth.md has no heading #nothing');
  expect(faultOf('docs/auth.md', 'delivery.md#recovery-and-gap')).toBeUndefined();
});

test('every document can be reached from the index', () => {
  const listed = linksOf('docs/README.md').map((target) => normalize(`docs/${target.split('#')[0]}`));
  const missing = documents.filter((document) => document.startsWith('docs/') && !listed.includes(document));
  expect(missing).toEqual(['docs/README.md']);
});
