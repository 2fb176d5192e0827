// The pages of the site, in the order of its menu. A test fails if a document of docs is missing here.

/** @typedef {{ file: string, title: string }} Entry `file` is a path in the repository. `title` is its text in the menu. */
/** @typedef {{ title: string, entries: Entry[] }} Group */

/** @param {string} name @param {string} title @returns {Entry} */
const doc = (name, title) => ({ file: `docs/${name}.md`, title });

/** @type {Group[]} */
export const NAVIGATION = [
  {
    title: 'Start here',
    entries: [
      doc('getting-started', 'Getting started'),
      doc('cheat-sheet', 'Cheat sheet'),
      doc('choosing', 'Choosing a client'),
      doc('when-not-to-use', 'When not to use holdfast'),
      doc('migrating', 'Migrating from socket.io-client'),
    ],
  },
  {
    title: 'Recipes',
    entries: [
      doc('recipe-presence', 'Presence'),
      doc('recipe-rooms', 'Rooms'),
      doc('recipe-typing', 'Typing indicator'),
      doc('recipe-request-response', 'Request and response'),
      doc('recipe-upload', 'Upload with progress'),
      doc('recipe-token-refresh', 'Token refresh'),
      doc('recipe-cookies', 'Cookies and sessions'),
      doc('recipe-refetch', 'Refetch after a gap'),
      doc('recipe-streams', 'Streams with a cursor'),
    ],
  },
  {
    title: 'Guides',
    entries: [
      doc('connection', 'The connection'),
      doc('namespaces-and-rooms', 'Namespaces and rooms'),
      doc('auth', 'Auth'),
      doc('delivery', 'Delivery guarantees'),
      doc('subscriptions', 'Subscriptions and helpers'),
      doc('contracts', 'Contracts'),
      doc('durable', 'An outbox that survives'),
      doc('tabs', 'One connection for all tabs'),
      doc('bursts', 'Bursts of messages'),
      doc('early', 'Early connect'),
      doc('plugins', 'Plugins'),
    ],
  },
  {
    title: 'Frameworks',
    entries: [
      doc('frameworks', 'Overview'),
      doc('react', 'React'),
      doc('vue', 'Vue'),
      doc('svelte', 'Svelte'),
      doc('angular', 'Angular'),
      doc('next', 'Next.js'),
      doc('nuxt', 'Nuxt'),
      doc('sveltekit', 'SvelteKit'),
      doc('angular-ssr', 'Angular SSR'),
      doc('electron', 'Electron'),
      doc('react-native', 'React Native'),
      doc('storybook', 'Storybook'),
    ],
  },
  {
    title: 'When it does not connect',
    entries: [
      doc('symptoms', 'Symptoms'),
      doc('doctor', 'The doctor'),
      doc('inspector', 'The inspector'),
      doc('errors', 'Errors'),
    ],
  },
  {
    title: 'In production',
    entries: [
      doc('security', 'Security'),
      doc('scaling', 'Several server nodes'),
      doc('endpoints', 'Several endpoints'),
      doc('builds', 'Builds'),
      doc('integrity', 'Scripts from a CDN'),
      doc('runtimes', 'Runtimes'),
      doc('testing', 'Testing your own app'),
      doc('legacy', 'Old servers'),
    ],
  },
  {
    title: 'Reference',
    entries: [
      doc('api', 'API'),
      doc('performance', 'Performance'),
      doc('fault-table', 'Broken networks'),
      doc('servers', 'Supported servers'),
      doc('engines', 'Browser engines'),
      doc('visual/README', 'Screenshots'),
      { file: 'CHANGELOG.md', title: 'Changelog' },
      { file: 'CONTRIBUTING.md', title: 'Contributing' },
      { file: 'ARCHITECTURE.md', title: 'Architecture' },
      { file: 'SECURITY.md', title: 'Report a weakness' },
    ],
  },
];

/** The address of a document below the folder of its version. @param {string} file A path in the repository. */
export function pageOf(file) {
  if (file === 'README.md' || file === 'docs/README.md') return 'index.html';
  if (file === 'docs/visual/README.md') return 'screenshots.html';
  if (file === 'SECURITY.md') return 'report.html';
  return `${file
    .replace(/^docs\//, '')
    .replace(/\.md$/, '')
    .toLowerCase()}.html`;
}

/** Every document that becomes a page. */
export const PAGES = NAVIGATION.flatMap(({ entries }) => entries);
