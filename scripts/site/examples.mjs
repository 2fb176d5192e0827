// Decides which code blocks get a Run button, which server answers them, and why the others have none.

/**
 * @typedef {object} Block
 * @property {string} document A path in the repository.
 * @property {number} line The line of its fence.
 * @property {string} language The first word behind the fence.
 * @property {string} use The second one.
 * @property {string} code
 */

/** Kinds of blocks that cannot run in a page, by the words after the fence. */
export const NOT_IN_A_PAGE = {
  'js server': 'a server: the examples of its page run against it',
  'js alias': 'the configuration of a bundler',
  'js kit': 'the configuration of a test runner',
  'ts playwright': 'a test of Playwright, which drives a browser from outside',
  'ts kit': 'one of several files of a test project',
  'tsx kit': 'one of several files of a test project',
  'ts chat': 'one of several files of an app: the component that uses it has a button',
  'ts angular': 'a component of Angular, whose compiler does not run in a page',
  'ts angular-chat': 'a component of Angular, whose compiler does not run in a page',
  'ts query': 'a file of an app with TanStack Query',
  'js ssr': 'a file of an app that is rendered on a server',
  'ts ssr': 'a file of an app that is rendered on a server',
  'tsx ssr': 'a file of an app that is rendered on a server',
  'vue ssr': 'a file of an app that is rendered on a server',
  'svelte ssr': 'a file of an app that is rendered on a server',
  'js electron': 'a file of an Electron app',
  'tsx stories': 'a file of Storybook',
  'tsx query': 'part of an app that uses TanStack Query',
  'tsx provider': 'part of an app: it shows nothing by itself',
  sh: 'commands of a shell',
  json: 'a configuration file',
  yaml: 'a configuration file',
  nginx: 'a configuration file',
  haproxy: 'a configuration file',
  diff: 'a change',
  mermaid: 'a diagram, which the site draws',
  text: 'what a program prints',
};

/** Blocks whose language could run, but whose code cannot, by its first line. */
export const NOT_THESE = {
  'const answers = new Map(); // the key of a message → a Promise of its answer':
    'a server: it stores answers in a database',
  "import sqlite from 'node-sqlite3-wasm';": 'a server: it stores answers in a database',
  '<script type="importmap">': 'a page of its own, with the files of an installed package',
  '// vite.config.js': 'the configuration of a bundler',
  '// app/early.js': 'a file of an app that is rendered on a server',
  '// nuxt.config.js': 'the configuration of a framework',
  "import AsyncStorage from '@react-native-async-storage/async-storage';":
    'React Native: its modules exist on a phone only',
  "import { createServer } from 'node:http';": 'a test with a real server, which needs Node',
};

/** Documents whose examples cannot run. */
export const NOT_ON_THESE = {
  'docs/recipe-cookies.md': 'a session in a cookie: a server in memory has no HTTP',
};

/**
 * Documents with a special server: neither one of their own blocks, nor the default one. The code of the server.
 *
 * @type {Record<string, string>}
 */
const SERVERS = {};

/** The default server, for documents without their own: like `test/docs/prelude/server.ts`. */
const ANSWERS_EVERYTHING = `import { Server } from 'socket.io';

const io = new Server(3000);
for (const namespace of ['/', '/news', '/chat', '/uploads']) {
  io.of(namespace).on('connection', (socket) => {
    socket.emit('news', 'it works');
    socket.emit('greeting', 'Ada');
    socket.emit('headline', 'holdfast is running');
    socket.onAny((name, ...args) => {
      const answer = args.pop();
      if (typeof answer === 'function') answer(name === 'question' ? 42 : 'ok');
    });
  });
}`;

/** Servers that need features that a page lacks. */
const NEEDS_NODE = /from '(node:[\w/]+|redis|express|cookie|jsonwebtoken)'|Deno\./;

/** @param {Block} block @returns {string | undefined} Why it has no Run button. */
export function reasonOf({ document, language, use, code }) {
  const first = code.split('\n')[0] ?? '';
  const kind = `${language} ${use}`.trim();
  return (
    /** @type {Record<string, string>} */ (NOT_IN_A_PAGE)[kind] ??
    /** @type {Record<string, string>} */ (NOT_THESE)[first] ??
    /** @type {Record<string, string>} */ (NOT_ON_THESE)[document] ??
    (RUNNABLE.has(kind) ? undefined : `of an unknown kind: ${kind}`)
  );
}

/** The kinds of blocks that run: as a module, a page, a component, or a test. */
const RUNNABLE = new Set([
  ...['js', 'ts', 'html', 'ts vitest'],
  ...['tsx', 'vue', 'svelte', 'tsx chat', 'vue chat', 'svelte chat'],
]);

/**
 * The server that answers the examples of a document.
 *
 * @param {readonly Block[]} blocks The document's blocks.
 * @returns {{ code: string, shown: boolean }} `shown`: whether the page already shows it.
 */
export function serverOf(blocks) {
  const own = blocks.filter(
    ({ language, use, code }) => language === 'js' && use === 'server' && !NEEDS_NODE.test(code),
  );
  const code = own.map((block) => block.code).join('\n\n');
  if (/new Server\(/.test(code)) return { code, shown: true };
  const [{ document = '' } = {}] = blocks;
  return { code: `${SERVERS[document] ?? ANSWERS_EVERYTHING}\n\n${code}`.trimEnd(), shown: false };
}

/** Names that an example may use without declaring them, and the page's explanation. */
const GIVEN = {
  socket: 'a socket that is connected to the server of this example',
  url: 'the address of the server',
  signal: 'an AbortSignal that fires after 20 seconds',
  file: 'a file of 3 MB',
  badge: 'an element of the page',
  freshToken: 'a function that returns a token',
  show: 'a function that shows text in the page',
  log: '`console.log`',
  reload: 'a function that loads the data again',
};

/** @param {string} code @returns {string[]} A clause for each name that the example does not declare. */
export function givenIn(code) {
  return Object.entries(GIVEN).flatMap(([name, text]) => {
    const used = new RegExp(`(?<![.\\w'"/])${name}\\b(?!['":/=]|\\?:)`).test(code.replace(/\/\/.*$/gm, ''));
    const declared = new RegExp(
      `(const|let|using|function|async function) ${name}\\b|[{,(] ?${name}[,}) ].*(=>|from|\\{$)|import .*\\b${name}\\b`,
    ).test(code);
    return used && !declared ? [`\`${name}\` is ${text}`] : [];
  });
}
