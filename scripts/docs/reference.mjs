// docs/api.md: the reference, from the docstrings of src.
import { readModel, summaryOf, tagsOf } from './model.mjs';

/** @typedef {import('./model.mjs').Declaration} Declaration */
/** @typedef {import('./model.mjs').Signature} Signature */
/** @typedef {import('./model.mjs').Comment} Comment */

/** @typedef {(declaration: Declaration, name: string) => string[]} Render */

/** What a reader looks for, in this order; all other exports follow under "Types". @type {[string, [string, Render][]][]} */
const CHAPTERS = [
  [
    'Functions',
    [
      ['Io', (io) => functionOf(/** @type {Signature} */ (io.signatures?.[0]), 'io(address?, options?)')],
      [
        'events',
        (it) => functionOf(/** @type {Signature} */ (it.signatures?.[0]), 'events(socket, name, options?)'),
      ],
      [
        'keep',
        (it) => functionOf(/** @type {Signature} */ (it.signatures?.[0]), 'keep(socket, event, ...args)'),
      ],
      ['store', (it) => functionOf(/** @type {Signature} */ (it.signatures?.[0]), 'store(socketOrManager)')],
      [
        'next',
        (it) => functionOf(/** @type {Signature} */ (it.signatures?.[0]), 'next(socket, event, options?)'),
      ],
      [
        'listen',
        (it) =>
          functionOf(
            /** @type {Signature} */ (it.signatures?.[0]),
            'listen(socket, event, listener, options?)',
          ),
      ],
    ],
  ],
  ['Classes', names(['Socket', 'Manager'], classOf)],
  [
    'Options',
    names(['Options', 'ManagerOptions', 'SocketOptions', 'OutboxOptions', 'EventsOptions'], membersOf),
  ],
  [
    'Events',
    names(
      ['SocketReservedEvents', 'SocketOwnEvents', 'ManagerReservedEvents', 'ManagerOwnEvents'],
      membersOf,
    ),
  ],
  ['Errors', names(['HoldfastError', 'ConnectionError', 'ConnectError', 'Attempt', 'ErrorCode'], anyOf)],
];

/** The methods that a reader of a class looks for first. */
const FIRST = [
  'emit',
  'emitWithAck',
  'on',
  'once',
  'off',
  'send',
  'connect',
  'ready',
  'disconnect',
  'open',
  'socket',
  'drained',
];

/** Not worth a line: aliases, and the type of `io`. */
const OMITTED = ['default', 'connect', 'ExtendedError', 'io'];

/** @param {string[]} list @param {Render} render @returns {[string, Render][]} */
function names(list, render) {
  return list.map((name) => [name, render]);
}

/** @returns {Promise<string>} */
export async function reference() {
  const model = await readModel();
  const left = new Set([...model.keys()].filter((name) => !OMITTED.includes(name)));
  const lines = [...HEAD];
  for (const [title, entries] of CHAPTERS) {
    lines.push(`## ${title}`, '');
    for (const [name, render] of entries) {
      const declaration = model.get(name);
      if (!declaration) throw new Error(`the reference knows ${name}, which is exported no more`);
      left.delete(name);
      lines.push(...render(declaration, name), '');
    }
  }
  const of = (/** @type {string} */ name) => /** @type {Declaration} */ (model.get(name));
  const transports = [...left].filter((name) => of(name).flags.isExternal || name === 'Fetch');
  lines.push('## Types and constants', '');
  for (const name of left) if (!transports.includes(name)) lines.push(...anyOf(of(name), name), '');
  lines.push(
    '### Transports',
    '',
    "The classes that `transports` takes beside names. `Fetch` is holdfast's own, the others are those of engine.io-client.",
    '',
  );
  lines.push(transports.map(code).join(', '));
  return `${lines.join('\n').trimEnd()}\n`;
}

const HEAD = [
  '# API reference',
  '',
  '<!-- written by `npm run docs` from the docstrings in src: change them there -->',
  '',
  '```js',
  "import { events, io, keep, listen, next, store } from 'holdfast';",
  '',
  "const socket = io('http://localhost:3000'); // a Socket; `socket.io` is its Manager",
  "console.log(await socket.emitWithAck('question', 6, 7)); // → 42",
  '```',
  '',
  'Everything that `holdfast` exports. With the script tag, these are properties of the global `io`. Times are in milliseconds and',
  'sizes in bytes, unless a line says otherwise. [Getting started](getting-started.md) shows how it fits together, and',
  '[errors](errors.md) what each code means.',
  '',
];

/** @param {Declaration} it @param {string} name */
function anyOf(it, name) {
  return it.type ? typeOf(it, name) : membersOf(it, name);
}

/** @param {Declaration} it @param {string} name */
function typeOf(it, name) {
  return [`### ${name}`, '', ...paragraph(it.comment), code(String(it.type))];
}

/** @param {Signature} signature @param {string} title */
function functionOf(signature, title) {
  const { comment, parameters = [], type } = signature;
  const rows = parameters.map(({ name, comment: words }) => [
    `\`${name}\``,
    summaryOf(words) || 'see [Options](#options)',
  ]);
  return [
    `### \`${title}\``,
    '',
    ...paragraph(comment),
    ...table(['parameter', ''], rows),
    '',
    `Returns ${code(simple(String(type)))}.${throwing(comment)}`,
  ];
}

/** Class members, properties first. @param {Declaration} it @param {string} name */
function classOf(it, name) {
  const members = membersIn(it);
  const aliases = aliasesOf(members);
  if (members.length === 0) throw new Error(`the reference finds no members of ${name}`);
  const values = members.filter(({ signatures }) => !signatures);
  const rank = (/** @type {Declaration} */ { name: method }) =>
    FIRST.includes(method) ? FIRST.indexOf(method) : FIRST.length;
  const methods = members
    .filter((member) => member.signatures && !aliases.has(member.name))
    .sort((one, other) => rank(one) - rank(other));
  return [
    `### ${name}`,
    '',
    ...paragraph(it.comment),
    ...table(
      ['property', 'type', ''],
      values.map((member) => [`\`${member.name}\``, valueType(member), describe(commentOf(member))]),
    ),
    '',
    ...table(
      ['method', 'returns', ''],
      methods.map((member) => {
        const signatures = /** @type {Signature[]} */ (member.signatures);
        const [signature] = signatures;
        const others = [...aliases]
          .filter(([, target]) => target === member.name)
          .map(([alias]) => `\`${alias}\``);
        const also = others.length > 0 ? ` Also: ${others.join(', ')}.` : '';
        return [
          `\`${call(member.name, signatures)}\``,
          code(simple(String(signature?.type))),
          describe(signature?.comment, signature) + also,
        ];
      }),
    ),
  ];
}

/** Options, events, and other types with only properties. @param {Declaration} it @param {string} name */
function membersOf(it, name) {
  const members = membersIn(it);
  const defaults = members.some((member) => tagsOf(member.comment, '@defaultValue').length > 0);
  return [
    `### ${name}`,
    '',
    ...paragraph(it.comment),
    ...table(
      ['name', 'type', ...(defaults ? ['default'] : []), ''],
      members.map((member) => [
        `\`${member.name}\``,
        valueType(member),
        ...(defaults ? [defaultOf(member.comment)] : []),
        describe(commentOf(member)),
      ]),
    ),
  ];
}

/** Members of this package: a reader does not look up Error here. @param {Declaration} it */
const membersIn = ({ name: owner, children = [] }) =>
  children.filter(
    ({ name, flags, inheritedFrom }) =>
      name !== 'constructor' &&
      !flags.isExternal &&
      // Private, and shortened by the build.
      !/^_/.test(name) &&
      // They are listed with the two types that `Options` consists of.
      !(owner === 'Options' && inheritedFrom) &&
      !/^\[/.test(name),
  );

/** "Alias of `connect`." @param {Declaration[]} members @returns {Map<string, string>} From the alias to its member. */
function aliasesOf(members) {
  const aliases = members.map(
    ({ name, signatures }) =>
      /** @type {const} */ ([name, /^Alias of `(\w+)`/.exec(summaryOf(signatures?.[0]?.comment))?.[1]]),
  );
  return new Map(aliases.flatMap(([name, target]) => (target ? [[name, target]] : [])));
}

/** @param {string} name @param {Signature[]} signatures A setter that is its own getter has two. */
function call(name, signatures) {
  const lists = signatures.map(({ parameters = [] }) => parameters);
  const longest = lists.reduce((one, other) => (other.length > one.length ? other : one), []);
  const shown = longest.map(({ name: parameter, flags, defaultValue }, index) => {
    const optional =
      flags.isOptional ||
      defaultValue !== undefined ||
      lists.some((list) => index >= list.length || list[index]?.flags.isOptional);
    return `${flags.isRest ? '…' : ''}${parameter}${optional ? '?' : ''}`;
  });
  return `${name}(${shown.join(', ')})`;
}

/** @param {Declaration} member */
const commentOf = (member) => member.comment ?? member.getSignature?.comment ?? member.setSignature?.comment;

/** @param {Declaration} member */
function valueType(member) {
  const [signature] = member.signatures ?? [];
  if (signature) return code(`${call('', [signature])} => ${signature.type}`);
  return code(simple(String(member.type ?? member.getSignature?.type)));
}

/** Removes the parts of a type that only the compiler needs. @param {string} type */
const simple = (type) =>
  type
    .replace(/\b(ErrorFirst|Modified)?Socket<ListenEvents, \w+(<\w+>)?>/g, 'Socket')
    .replace(/Promise<FirstArg<.*/, 'Promise<answer>')
    .replace(/^EventIterator<.*/, 'EventIterator')
    .replace(/^FallbackToUntypedListener<.*>\[\]$/, 'Listener[]')
    .replace(/^\(readonly any\[\]\)\[\]$/, 'unknown[][]')
    .replace(/ \| undefined$/, '?')
    .replace(/^SocketOwner$/, 'Manager');

/** @param {Comment | undefined} comment @param {Signature} [signature] */
function describe(comment, signature) {
  const parameters = (signature?.parameters ?? [])
    .filter((parameter) => summaryOf(parameter.comment))
    .map((parameter) => ` \`${parameter.name}\`: ${summaryOf(parameter.comment).replace(/\.$/, '')}.`);
  const [returns] = tagsOf(comment, '@returns');
  return (
    summaryOf(comment) +
    parameters.join('') +
    (returns ? ` Returns ${returns.replace(/\.$/, '')}.` : '') +
    throwing(comment)
  ).trim();
}

/** @param {Comment | undefined} comment */
function throwing(comment) {
  return tagsOf(comment, '@throws')
    .map((words) => ` Throws ${words.replace(/^HoldfastError /, '').replace(/\.$/, '')}.`)
    .join('');
}

/** @param {Comment | undefined} comment */
function defaultOf(comment) {
  const [value] = tagsOf(comment, '@defaultValue');
  if (!value) return '';
  // `1048576 (1 MiB)`, `false, as with the official client`: the value, and text after it. Or only text.
  const [, first, rest] = /^(\[.*\]|"[^"]*"|-?[\d.]+|true|false|Infinity)(.*)$/.exec(value) ?? [];
  return first ? `\`${first}\`${rest}` : value;
}

/** @param {Comment | undefined} comment */
function paragraph(comment) {
  const words = summaryOf(comment);
  return words ? [words, ''] : [];
}

/** @param {string} text */
const code = (text) => (text ? `\`${text}\`` : '');

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  if (rows.length === 0) return [];
  /** @param {string[]} cells */
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)];
}
