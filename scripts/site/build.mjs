// Builds the site: a folder for this version, the list of versions, and a page that redirects to the newest one.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { build } from 'esbuild';
import { root } from '../run.mjs';
import { reasonOf, serverOf } from './examples.mjs';
import { homeHtml } from './home.mjs';
import { exampleBox, renderDocument } from './markdown.mjs';
import { PAGES, pageOf } from './navigation.mjs';
import { ICON, pageHtml, redirectHtml } from './page.mjs';
import { toScript, writeComponent, writeLibraries } from './programs.mjs';

/** @typedef {import('./examples.mjs').Block} Block */
/** @typedef {{ version: string, folder: string }} Version */

/** Files that documents show or link to, which become part of the site. */
const ASSETS = /\.(png|svg)$/;

/** The blocks of a document. @param {string} document @param {string} text @returns {Block[]} */
export function blocksIn(document, text) {
  const lines = text.split('\n');
  /** @type {Block[]} */
  const blocks = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, fence, words = ''] = /^ *(`{3,}|~{3,})(.*)$/.exec(lines[at] ?? '') ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, place) => place > at && line.trim() === fence);
    const [language = '', use = ''] = words.trim().split(/\s+/);
    blocks.push({ document, line: at + 1, language, use, code: lines.slice(at + 1, end).join('\n') });
    at = end;
  }
  return blocks;
}

/** @param {string} file */
const readDocument = (file) => readFile(`${root}${file}`, 'utf8');

/** The chats of all frameworks share a contract and a server, which are on the page about React. */
async function chatFiles() {
  const blocks = blocksIn('docs/react.md', await readDocument('docs/react.md'));
  const codeOf = (/** @type {string} */ first) =>
    blocks.find(({ code }) => code.startsWith(`// ${first}\n`))?.code ?? '';
  return { contract: codeOf('chat.ts'), server: codeOf('server.ts') };
}

/**
 * @param {object} [options]
 * @param {string} [options.out] Default: `site`.
 * @param {string} [options.version] Default: that of package.json.
 * @returns {Promise<{ out: string, folder: string, pages: number, examples: number }>}
 */
export async function buildSite({ out = `${root}site`, version: wanted } = {}) {
  const number = wanted ?? JSON.parse(await readDocument('package.json')).version;
  /** @type {Version} */
  const version = { version: number, folder: number.split('.').slice(0, 2).join('.') };
  const folder = join(out, version.folder);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  const known = new Set(PAGES.map(({ file }) => file));
  /** @type {Set<string>} */
  const assets = new Set();
  const chat = await chatFiles();
  const contract = await toScript(chat.contract, 'ts');
  let components = 0;
  let examples = 0;
  /** @type {Promise<void>[]} */
  const writing = [];

  /** Converts a link of a document. @param {string} document */
  const linkOf = (document) => (/** @type {string} */ target) => {
    if (/^(https?|mailto|data):/.test(target) || target.startsWith('#')) return target;
    const [path = '', anchor] = target.split('#');
    const file = normalize(join(dirname(document), path));
    const hash = anchor ? `#${anchor}` : '';
    if (known.has(file) || /^(docs\/)?README\.md$/.test(file)) return `${pageOf(file)}${hash}`;
    if (ASSETS.test(file)) {
      assets.add(file);
      return `files/${file.replace(/^docs\//, '')}`;
    }
    if (file === 'LICENSE') return 'https://opensource.org/license/mit';
    throw new Error(`${document}: the site has no page for the link to ${target}`);
  };

  /** @param {string} document @param {string} text */
  async function prepare(document, text) {
    const blocks = blocksIn(document, text);
    /** @type {Map<number, import('./markdown.mjs').Runnable>} */
    const runnables = new Map();
    const server = serverOf(blocks);
    for (const block of blocks) {
      if (reasonOf(block) !== undefined) continue;
      runnables.set(block.line, await runnableOf(block, server));
      examples += 1;
    }
    return (/** @type {Block} */ block) => runnables.get(block.line);
  }

  /** @param {Block} block @param {{ code: string, shown: boolean }} server */
  async function runnableOf(block, server) {
    const { language, use, code } = block;
    if (['tsx', 'vue', 'svelte'].includes(language)) {
      components += 1;
      const file = `components/${components}.js`;
      writing.push(
        writeComponent({ language, code, chat: use === 'chat', contract }, join(folder, 'run', file)),
      );
      const own = use === 'chat' ? { code: chat.server, shown: block.document === 'docs/react.md' } : server;
      const script = own === server ? server.code : await chatServer(chat.server, contract);
      return {
        program: { kind: /** @type {const} */ ('component'), file, server: script },
        editable: false,
        server: own,
      };
    }
    if (language === 'html') {
      return {
        program: { kind: /** @type {const} */ ('page'), server: server.code },
        editable: true,
        server,
      };
    }
    if (use === 'vitest') {
      const none = { code: '', shown: true };
      const program = {
        kind: /** @type {const} */ ('module'),
        compiled: await toScript(code, 'ts'),
        server: '',
      };
      return { program, editable: false, server: none };
    }
    // The newest syntax is lowered; the rest of JavaScript runs as it is shown, and can be changed.
    const isPlain = language === 'js' && !/^\s*(await )?using /m.test(code);
    const compiled = isPlain ? undefined : await toScript(code, language === 'ts' ? 'ts' : 'js');
    const program = {
      kind: /** @type {const} */ ('module'),
      ...(compiled !== undefined && { compiled }),
      server: server.code,
    };
    return { program, editable: isPlain, server };
  }

  /** @type {{ url: string, page: string, title: string, text: string }[]} */
  const found = [];
  for (const { file } of PAGES) {
    const text = await readDocument(file);
    const { html, title, headings, sections } = await renderDocument(file, text, {
      link: linkOf(file),
      runnable: await prepare(file, text),
    });
    const address = pageOf(file);
    const description = /^(?![#`<|!*>-])\S.*(?:\n\S.*)*/m.exec(text.replace(/^```[\s\S]*?^```/gm, ''))?.[0];
    await writeFile(
      join(folder, address),
      pageHtml({
        file,
        title,
        html,
        headings,
        version,
        ...(description && {
          description: description
            .replace(/\s+/g, ' ')
            .replace(/[`*]|\[|\]\([^)]*\)/g, '')
            .slice(0, 160),
        }),
      }),
    );
    for (const { heading, text: words } of sections) {
      if (!heading && !words) continue;
      found.push({
        url: heading ? `${address}#${heading.id}` : address,
        page: title,
        title: heading?.text ?? title,
        text: words.slice(0, 4_000).trim(),
      });
    }
  }

  await writeHome();
  async function writeHome() {
    const text = await readDocument('README.md');
    const runnable = await prepare('README.md', text);
    const block = blocksIn('README.md', text).find(({ language, use }) => language === 'js' && use === '');
    if (!block) throw new Error('README.md has no example for the first page.');
    const table =
      /<!-- figures: written by npm run docs -->\s*([\s\S]*?)<!-- \/figures -->/.exec(text)?.[1] ?? '';
    const figures = await renderDocument('README.md', table, { link: linkOf('README.md'), runnable });
    const example = runnable(block);
    // README.md shows its server further down, this page does not.
    const alone = example && { ...example, server: { ...example.server, shown: false } };
    const html = homeHtml({
      example: exampleBox(block, alone, 'A question and its answer'),
      figures: figures.html,
    });
    const description =
      'A browser client for Socket.IO servers that connects through any network and loses no message silently.';
    await writeFile(
      join(folder, 'index.html'),
      pageHtml({
        file: 'README.md',
        title: 'holdfast',
        html,
        headings: [],
        version,
        home: true,
        description,
      }),
    );
  }

  await writeFile(
    join(folder, 'search.json'),
    JSON.stringify(found.map((section, id) => ({ id, ...section }))),
  );
  writing.push(writeLibraries(folder));
  writing.push(
    build({
      entryPoints: [`${root}scripts/site/client/site.ts`],
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      outfile: join(folder, 'site.js'),
      logLevel: 'error',
    }).then(() => {}),
  );
  await cp(`${root}scripts/site/client/site.css`, join(folder, 'site.css'));
  await writeFile(join(folder, 'icon.svg'), ICON);
  for (const file of assets) {
    await cp(`${root}${file}`, join(folder, 'files', file.replace(/^docs\//, '')));
  }
  await Promise.all(writing);
  await writeVersions(out, version);
  return { out, folder: version.folder, pages: PAGES.length + 1, examples };
}

/** The server of the chats as a module of the frame. @param {string} code @param {string} contract */
async function chatServer(code, contract) {
  const server = await toScript(code, 'ts');
  const own = contract.replace(/export \{[\s\S]*?\};?|^export /gm, '');
  return `${own}\n${server.replace(/import \{ chat \} from ".\/chat";/, '')}`;
}

/** Adds this version to the list, newest first, and redirects to the newest. @param {string} out @param {Version} version */
async function writeVersions(out, version) {
  const file = join(out, 'versions.json');
  /** @type {Version[]} */
  const before = JSON.parse(await readFile(file, 'utf8').catch(() => '[]'));
  const parts = (/** @type {Version} */ { folder }) => folder.split('.').map(Number);
  const versions = [version, ...before.filter(({ folder }) => folder !== version.folder)].sort((a, b) => {
    const [[majorA = 0, minorA = 0], [majorB = 0, minorB = 0]] = [parts(a), parts(b)];
    return majorB - majorA || minorB - minorA;
  });
  await writeFile(file, `${JSON.stringify(versions, null, 2)}\n`);
  await writeFile(join(out, 'index.html'), redirectHtml(versions[0]?.folder ?? version.folder));
}
