// The first page of the site. Its figures and its example are those of README.md.
import { escapeHtml } from './markdown.mjs';

/** @type {[address: string, title: string, text: string][]} */
const WAYS = [
  ['getting-started.html', 'Getting started', 'A server, a page and a cut connection, in five minutes.'],
  ['migrating.html', 'Coming from socket.io-client', 'Change one import. The differences are listed.'],
  ['symptoms.html', 'It does not connect', 'Start from what you see: a code, a status, a message.'],
  [
    'recipe-presence.html',
    'Recipes',
    'Presence, rooms, uploads, tokens: complete examples that run in the page.',
  ],
  ['frameworks.html', 'Frameworks', 'React, Vue, Svelte, Angular, and their servers.'],
  ['testing.html', 'Testing your own app', 'An in-memory server, and broken networks for Playwright.'],
  ['choosing.html', 'Choosing a client', 'Compared with Ably, Pusher, SSE and a bare WebSocket.'],
  [
    'when-not-to-use.html',
    'When not to use holdfast',
    'It is larger than the official client, and some apps need less.',
  ],
];

/** @type {[title: string, html: string][]} */
const PROMISES = [
  [
    'It connects',
    'If a proxy refuses WebSocket or silently swallows it, holdfast opens the next transport within seconds.',
  ],
  [
    'It comes back',
    'After a sleep or a change of network, holdfast notices a dead connection within seconds and reconnects.',
  ],
  [
    'It tells you what was lost',
    'An emit with an acknowledgement is answered or fails with an error. With <code>retries</code>, this is true of every emit.',
  ],
  [
    'It says what is wrong',
    'An error lists what was tried. In development, it also names the cause and what to change.',
  ],
];

/**
 * @param {object} parts
 * @param {string} parts.example The box of an example.
 * @param {string} parts.figures A table.
 */
export function homeHtml({ example, figures }) {
  const ways = WAYS.map(
    ([href, title, text]) =>
      `<li><a href="${href}"><strong>${escapeHtml(title)}</strong><span>${escapeHtml(text)}</span></a></li>`,
  ).join('');
  const promises = PROMISES.map(
    ([title, html]) => `<li><strong>${escapeHtml(title)}</strong> ${html}</li>`,
  ).join('');
  return `<div class="hero">
<div class="hero-words">
<h1>Socket.IO connections that hold</h1>
<p class="lead">holdfast is a browser client for Socket.IO servers. Programs written for socket.io-client 4.8 run on it after changing one import.</p>
<p class="actions"><a class="button primary" href="getting-started.html">Get started</a> <a class="button" href="choosing.html">Is it for me?</a></p>
<p class="install"><code>npm install holdfast</code></p>
</div>
<div class="hero-example">${example}</div>
</div>
<ul class="promises">${promises}</ul>
<h2 id="ways">Where do you want to go?</h2>
<ul class="ways">${ways}</ul>
<h2 id="figures">Compared with the official client</h2>
<p>Measured side by side on one machine; the better figure is bold. <a href="performance.html">Performance</a> explains the method, and says where holdfast is slower or larger.</p>
${figures}`;
}
