// Turns a document into the content of a page: headings with addresses, highlighted code, examples with a Run button, tables that scroll.
import GithubSlugger from 'github-slugger';
import MarkdownIt from 'markdown-it';
import { createCssVariablesTheme, createHighlighter } from 'shiki';
import { drawDiagram } from './diagram.mjs';
import { givenIn, reasonOf } from './examples.mjs';

const LANGUAGES = {
  js: 'JavaScript',
  ts: 'TypeScript',
  tsx: 'TSX',
  vue: 'Vue',
  svelte: 'Svelte',
  html: 'HTML',
  sh: 'Shell',
  json: 'JSON',
  yaml: 'YAML',
  nginx: 'nginx',
  haproxy: 'HAProxy',
  diff: 'Change',
  text: 'Text',
};

const theme = createCssVariablesTheme({ name: 'site', variablePrefix: '--code-', fontStyle: false });
const highlighter = await createHighlighter({
  themes: [theme],
  langs: ['js', 'ts', 'tsx', 'vue', 'svelte', 'html', 'sh', 'json', 'yaml', 'nginx', 'diff'],
});

/** @param {string} text */
export const escapeHtml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** @param {string} code @param {string} language */
function highlight(code, language) {
  const lang = highlighter.getLoadedLanguages().includes(language) ? language : 'text';
  // Without a limit of time, with which a busy machine leaves lines half in colour.
  const options = { lang, theme: 'site', tokenizeTimeLimit: 0 };
  return highlighter.codeToHtml(code, options).replace(/^<pre [^>]*>/, '<pre tabindex="0">');
}

/** @param {string} text A line of Markdown that contains only code. */
const inline = (text) => escapeHtml(text).replace(/`([^`]*)`/g, '<code>$1</code>');

/** @param {string} code @param {string} language @param {string} [label] */
export function codeBox(code, language, label) {
  const name = label ?? /** @type {Record<string, string>} */ (LANGUAGES)[language] ?? language;
  return `<div class="code"><div class="code-head"><span>${escapeHtml(name)}</span><button type="button" class="copy">Copy</button></div>${highlight(code, language)}</div>`;
}

/**
 * @typedef {import('./examples.mjs').Block} Block
 * @typedef {{ kind: 'module' | 'page' | 'component', compiled?: string, file?: string, server: string }} Program
 * @typedef {{ program: Program, editable: boolean, server: { code: string, shown: boolean } }} Runnable
 * @typedef {{ level: number, id: string, text: string }} Heading
 */

/** @param {Block} block @param {Runnable | undefined} runnable @param {string} name */
export function exampleBox(block, runnable, name) {
  if (!runnable) return `<div class="example">${codeBox(block.code, block.language)}</div>`;
  // Components get their dependencies as props.
  const given = ['js', 'ts'].includes(block.language) ? givenIn(block.code) : [];
  const note = given.length > 0 ? `<p class="given">${given.map(inline).join('; ')}.</p>` : '';
  const data = JSON.stringify(runnable.program).replaceAll('<', '\\u003c');
  const server = runnable.server.shown
    ? ''
    : `<details class="server"><summary>The server of this example</summary><pre tabindex="0"><code>${escapeHtml(runnable.server.code)}</code></pre></details>`;
  const edit = runnable.editable ? '<button type="button" class="edit">Edit</button>' : '';
  return `<div class="example" data-runs data-name="${escapeHtml(name)}" data-line="${block.line}">${codeBox(block.code, block.language)}
<div class="run-bar"><button type="button" class="run">Run</button>${edit}${note}</div>${server}
<script type="application/json">${data}</script></div>`;
}

/**
 * @param {string} document A path in the repository.
 * @param {string} text
 * @param {object} hooks
 * @param {(target: string) => string} hooks.link
 * @param {(block: Block) => Runnable | undefined} hooks.runnable
 * @returns {Promise<{ html: string, title: string, headings: Heading[], sections: { heading: Heading | undefined, text: string }[] }>}
 */
export async function renderDocument(document, text, { link, runnable }) {
  const markdown = new MarkdownIt({ html: true, linkify: false });
  /** @type {Heading[]} */
  const headings = [];
  const tokens = markdown.parse(text, {});
  const slugger = new GithubSlugger();
  let title = '';

  /** The text of each section, for the search. */
  /** @type {{ heading: Heading | undefined, text: string }[]} */
  const sections = [{ heading: undefined, text: '' }];

  const add = (/** @type {string} */ words) => {
    const section = sections.at(-1);
    if (section && words.trim()) section.text += `${words.trim()} `;
  };

  let inHeading = false;
  for (const [at, token] of tokens.entries()) {
    if (token.type === 'heading_open') {
      inHeading = true;
      const words = plain(tokens[at + 1]);
      const id = slugger.slug(words);
      const heading = { level: Number(token.tag.slice(1)), id, text: words };
      token.attrSet('id', id);
      if (heading.level === 1 && !title) title = words;
      else {
        headings.push(heading);
        sections.push({ heading, text: '' });
      }
    } else if (token.type === 'heading_close') inHeading = false;
    else if (token.type === 'inline') {
      rewriteLinks(token, link);
      if (!inHeading) add(plain(token));
    } else if (token.type === 'fence') add(token.content.replace(/\s+/g, ' '));
  }

  // Diagrams are drawn first: that takes a moment, and rendering is synchronous.
  const diagrams = new Map();
  for (const token of tokens) {
    if (token.type === 'fence' && token.info.trim() === 'mermaid') {
      diagrams.set(token, await drawDiagram(token.content));
    }
  }

  const { rules } = markdown.renderer;
  rules.fence = (all, at) => {
    const token = all[at];
    if (diagrams.has(token)) return `<figure class="diagram" tabindex="0">${diagrams.get(token)}</figure>\n`;
    const [language = '', use = ''] = token.info.trim().split(/\s+/);
    const block = {
      document,
      line: (token.map?.[0] ?? 0) + 1,
      language,
      use,
      code: token.content.replace(/\n$/, ''),
    };
    const heading = headings
      .filter(({ id }) => all.slice(0, at).some((one) => one.attrGet?.('id') === id))
      .at(-1);
    const name = heading?.text ?? title;
    return `${exampleBox(block, reasonOf(block) === undefined ? runnable(block) : undefined, name)}\n`;
  };
  rules.code_block = (all, at) => codeBox(all[at].content.trimEnd(), 'text');
  rules.table_open = () => '<div class="table" tabindex="0" role="group" aria-label="Table"><table>\n';
  rules.table_close = () => '</table></div>\n';
  rules.heading_close = (all, at) => {
    const id = all[at - 2]?.attrGet('id');
    const { tag } = all[at];
    if (tag === 'h1' || !id) return `</${tag}>\n`;
    return ` <a class="anchor" href="#${id}" aria-label="Link to this section">#</a></${tag}>\n`;
  };
  rules.th_open = (all, at) => `<th${style(all[at])} scope="col">`;
  rules.image = (all, at) => {
    const token = all[at];
    return `<img src="${link(token.attrGet('src') ?? '')}" alt="${escapeHtml(token.content)}" loading="lazy">`;
  };
  const html = markdown.renderer
    .render(tokens, markdown.options, {})
    // An empty head cell is an ordinary cell.
    .replace(/<th( style="[^"]*")? scope="col"><\/th>/g, '<td$1></td>')
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    // Images in HTML.
    .replace(/(<img [^>]*?src=")(?!files\/)([^"]+)/g, (_, start, source) => start + link(source));
  return { html, title, headings, sections };
}

/** @param {any} token */
const style = (token) => (token.attrGet('style') ? ` style="${token.attrGet('style')}"` : '');

/** @param {any} token The text of a line, without markup. @returns {string} */
function plain(token) {
  return (token?.children ?? [])
    .map((/** @type {any} */ child) =>
      child.type === 'softbreak' || child.type === 'hardbreak' || child.content === '<br>'
        ? ' '
        : child.type === 'html_inline'
          ? ''
          : child.content,
    )
    .join('');
}

/** @param {any} token @param {(target: string) => string} link */
function rewriteLinks(token, link) {
  for (const child of token.children ?? []) {
    if (child.type !== 'link_open') continue;
    child.attrSet('href', link(child.attrGet('href') ?? ''));
  }
}
