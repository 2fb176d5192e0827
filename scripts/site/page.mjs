// The frame of every page: header, menu, sections, search.

import { escapeHtml } from './markdown.mjs';
import { NAVIGATION, PAGES, pageOf } from './navigation.mjs';

/** Applies the chosen theme before the first paint. */
const EARLY =
  "try{const t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch{}";

const LOGO =
  '<svg class="logo" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><path d="M16 3a4 4 0 0 1 1.6 7.7V13H22v3h-4.4v9.3c3.6-.6 6.4-3.1 7-6.5l-2.6 1 3.7-6 3.6 6-2-.5C26.700 25 21.900 28.900 16 29 10.100 28.900 5.300 25 4.700 19.300l-2 .5 3.600-6 3.700 6-2.600-1c.6 3.400 3.400 5.900 7 6.500V16H10v-3h4.400v-2.300A4 4 0 0 1 16 3Zm0 2.700a1.300 1.300 0 1 0 0 2.600 1.300 1.300 0 0 0 0-2.600Z" fill="currentColor"/></svg>';

const ICONS = {
  search:
    '<svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true"><path d="M9 3a6 6 0 1 0 3.700 10.700l3.300 3.300 1.100-1.100-3.300-3.300A6 6 0 0 0 9 3Zm0 1.600a4.400 4.400 0 1 1 0 8.800 4.400 4.400 0 0 1 0-8.800Z" fill="currentColor"/></svg>',
  theme:
    '<svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true"><path d="M10 2.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15ZM10 4v12a6 6 0 0 1 0-12Z" fill="currentColor"/></svg>',
  menu: '<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path d="M3 5h14v1.700H3zm0 4.200h14v1.700H3zm0 4.200h14v1.700H3z" fill="currentColor"/></svg>',
};

/** @param {string} file */
function menu(file) {
  return NAVIGATION.map(
    ({ title, entries }) =>
      `<li><p>${escapeHtml(title)}</p><ul>${entries
        .map((entry) => {
          const current = entry.file === file ? ' aria-current="page"' : '';
          return `<li><a href="${pageOf(entry.file)}"${current}>${escapeHtml(entry.title)}</a></li>`;
        })
        .join('')}</ul></li>`,
  ).join('');
}

/** @param {readonly import('./markdown.mjs').Heading[]} headings */
function sections(headings) {
  const deepest = headings.filter(({ level }) => level === 2).length > 12 ? 2 : 3;
  const shown = headings.filter(({ level }) => level <= deepest);
  if (shown.length < 2) return '';
  const list = shown
    .map(({ level, id, text }) => `<li class="level-${level}"><a href="#${id}">${escapeHtml(text)}</a></li>`)
    .join('');
  return `<ul>${list}</ul>`;
}

/** @param {string} file */
function neighbours(file) {
  const at = PAGES.findIndex((entry) => entry.file === file);
  if (at < 0) return '';
  const link = (/** @type {number} */ place, /** @type {string} */ words, /** @type {string} */ side) => {
    const entry = PAGES[place];
    if (!entry) return '<span></span>';
    return `<a class="${side}" href="${pageOf(entry.file)}"><span>${words}</span> ${escapeHtml(entry.title)}</a>`;
  };
  return `<nav class="neighbours" aria-label="Neighbouring pages">${link(at - 1, 'Previous', 'previous')}${link(at + 1, 'Next', 'next')}</nav>`;
}

/**
 * @param {object} page
 * @param {string} page.file The document, a path in the repository.
 * @param {string} page.title
 * @param {string} page.html
 * @param {string} [page.description]
 * @param {readonly import('./markdown.mjs').Heading[]} page.headings
 * @param {{ version: string, folder: string }} page.version
 * @param {boolean} [page.home]
 */
export function pageHtml({ file, title, html, description, headings, version, home = false }) {
  const list = home ? '' : sections(headings);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(home ? 'holdfast: a browser client for Socket.IO servers' : `${title} – holdfast`)}</title>
${description ? `<meta name="description" content="${escapeHtml(description)}">\n` : ''}<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="site.css">
<script>${EARLY}</script>
<script type="module" src="site.js"></script>
</head>
<body${home ? ' class="home"' : ''}>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<button type="button" class="menu icon" aria-expanded="false" aria-controls="menu" aria-label="Menu">${ICONS.menu}</button>
<a class="brand" href="index.html">${LOGO}<span>holdfast</span></a>
<button type="button" class="open-search">${ICONS.search}<span>Search</span><kbd>/</kbd></button>
<label class="versions"><span class="hidden">Version</span><select class="version" name="version"><option value="${version.folder}" selected>${version.version}</option></select></label>
<button type="button" class="theme icon" aria-pressed="false" aria-label="Dark mode">${ICONS.theme}</button>
</header>
<div class="shade"></div>
<div class="columns">
<nav id="menu" aria-label="Pages"><ul>${menu(file)}</ul></nav>
<main id="content" tabindex="-1">
<article>
${list ? `<details class="sections-narrow"><summary>On this page</summary>${list}</details>\n` : ''}${html}
</article>
${neighbours(file)}
<footer><p>holdfast ${version.version} · <a href="changelog.html">Changelog</a> · <a href="report.html">Report a weakness</a> · MIT</p></footer>
</main>
${list ? `<nav class="sections" aria-label="On this page"><p>On this page</p>${list}</nav>` : ''}
</div>
<dialog class="search" aria-label="Search">
<input type="search" role="combobox" aria-label="Search the documentation" aria-controls="results" aria-expanded="false" aria-autocomplete="list" placeholder="Search" autocomplete="off" spellcheck="false">
<p role="status"></p>
<div class="results" id="results" role="listbox" aria-label="Results" hidden></div>
</dialog>
</body>
</html>
`;
}

/** The icon of the site. */
export const ICON = LOGO.replace('class="logo" ', 'xmlns="http://www.w3.org/2000/svg" ').replace(
  'fill="currentColor"',
  'fill="#0b7a75"',
);

/** Redirects from the root to the newest version. @param {string} folder */
export const redirectHtml = (folder) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>holdfast</title>
<meta http-equiv="refresh" content="0; url=${folder}/index.html">
<link rel="canonical" href="${folder}/index.html">
<p><a href="${folder}/index.html">holdfast, the documentation</a></p></html>
`;
