// Shortens private names: one table for every file of dist, so that entries of the package understand each other.
// A private name is a property that begins with one underscore. The table depends only on the sources.
import { readdir, readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import ts from 'typescript';
import { root } from '../run.mjs';

/** Properties that are shortened, unless a name is reserved. */
const PRIVATE = /^_[^_]/;

/** Names that are visible outside the package: on the wire, or to programs that use internals of the official client (`_close`, `_readyState`). */
export const RESERVED = ['_placeholder', '_close', '_readyState', '_lastOffset', '_queue', '_query'];

/** Packages that browser builds contain. Their private names are shortened there. */
const BUNDLED = [
  'node_modules/engine.io-client/build/esm',
  'node_modules/engine.io-parser/build/esm',
  'node_modules/component-emitter/index.js',
];

/** What no page or few pages load: its uses do not count, so that the names of the library itself stay the shortest. */
const APART = [
  ...['src/testing', 'src/playwright', 'src/bindings'],
  ...['coach', 'contract', 'durable', 'inspector', 'legacy', 'tabs'].map((name) => `src/plugins/${name}`),
  ...['doctor', 'endpoints', 'schedule'].map((name) => `src/plugins/${name}.ts`),
];

/** Packages that run beside the Node builds, like those above. Names that src shares with them stay. */
const BESIDE = ['node_modules/ws/lib'];

/**
 * @typedef {object} Names
 * @property {Record<string, string | false>} cache By private name, in the form that esbuild expects; `false` if it stays.
 * @property {string[]} kept Names of src that stay because a package beside it has a member of that name.
 */

/** @param {string} path @param {RegExp} [kind] @returns {Promise<string[]>} The files at or below a path, sorted. */
async function filesAt(path, kind = /\.js$/) {
  if (kind.test(path)) return [`${root}${path}`];
  const files = await readdir(`${root}${path}`, { recursive: true });
  return files
    .filter((file) => kind.test(file) && !file.endsWith('.d.ts'))
    .sort()
    .map((file) => `${root}${path}/${file}`);
}

/** The options that turn code into JavaScript with short private names. @param {string} file @param {Names['cache']} cache */
export function compilerOptions(file, cache) {
  return /** @satisfies {import('esbuild').TransformOptions} */ ({
    loader: file.endsWith('.ts') ? 'ts' : 'js',
    target: 'es2021',
    mangleProps: PRIVATE,
    mangleCache: cache,
    sourcefile: file,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false, verbatimModuleSyntax: true } },
  });
}

/** The private names in the code of a file, with repetitions. @param {string} file @returns {Promise<string[]>} */
async function usedNames(file) {
  const { mangleProps, mangleCache: _, ...options } = compilerOptions(file, {});
  // Without types and comments.
  const { code } = await transform(await readFile(file, 'utf8'), options);
  const { mangleCache = {} } = await transform(code, { mangleProps, mangleCache: {} });
  return (code.match(/(?<![\w$])_[\w$]+/g) ?? []).filter((name) => name in mangleCache);
}

/** How often each private name occurs. @param {string[]} paths @param {RegExp} [kind] */
async function countNames(paths, kind) {
  const files = (await Promise.all(paths.map((path) => filesAt(path, kind)))).flat();
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of (await Promise.all(files.map(usedNames))).flat()) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

const LETTERS = 'etnrisouaflchpdvmgybwESxTNCkLAOMDPHBjFIqRUzWXVJKQGYZ';

/** The short name with a number: `_e`, `_t`, … The underscore avoids collisions with properties that programs add to a socket. @param {number} index */
const shortName = (index) =>
  `_${index < LETTERS.length ? '' : LETTERS[Math.floor(index / LETTERS.length) - 1]}${LETTERS[index % LETTERS.length]}`;

/** Classes that src only extends: none of their members can meet one of a class that is unrelated to the first. */
const ROOTS = ['Emitter', 'EngineTransport', 'Error'];

/**
 * For names that are `private` members of classes wherever they are declared, these classes. No object has the private members of two
 * unrelated classes, so these may have the same short names. Classes that extend each other are left out.
 *
 * @param {Record<string, string>} files The code, by file. @returns {Map<string, string[]>}
 */
export function privateMembers(files) {
  /** @type {Map<string, Set<string>>} */
  const owners = new Map();
  /** @type {Set<string>} */
  const elsewhere = new Set();
  /** @type {Set<string>} */
  const related = new Set();
  for (const [file, code] of Object.entries(files)) {
    const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
    /** @param {ts.Node} node @param {string} [owner] */
    const visit = (node, owner) => {
      if (ts.isClassLike(node)) {
        owner = node.name ? `${file} ${node.name.text}` : undefined;
        const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
        const name = base?.types[0]?.expression.getText();
        if (name && !ROOTS.includes(name)) {
          related.add(name);
          if (node.name) related.add(node.name.text);
        }
      }
      const isMember =
        ts.isClassElement(node) ||
        ts.isTypeElement(node) ||
        ts.isObjectLiteralElement(node) ||
        (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent));
      if (isMember && node.name && ts.isIdentifier(node.name) && PRIVATE.test(node.name.text)) {
        const { text } = node.name;
        const isPrivate = ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private;
        if (isPrivate && owner) owners.set(text, (owners.get(text) ?? new Set()).add(owner));
        else elsewhere.add(text);
      }
      ts.forEachChild(node, (child) => visit(child, owner));
    };
    visit(source);
  }
  return new Map(
    [...owners]
      .filter(
        ([name, classes]) =>
          !elsewhere.has(name) && ![...classes].some((one) => related.has(one.split(' ')[1] ?? '')),
      )
      .map(([name, classes]) => [name, [...classes]]),
  );
}

/** @returns {Promise<Names>} */
export async function shortNames() {
  const [all, apart, bundled, beside] = await Promise.all([
    countNames(['src'], /\.ts$/),
    countNames(APART, /\.ts$/),
    countNames(BUNDLED),
    countNames(BESIDE),
  ]);
  const own = new Map([...all].map(([name, count]) => [name, count - (apart.get(name) ?? 0)]));
  const kept = [...own.keys()].filter((name) => bundled.has(name) || beside.has(name)).sort();
  const stays = new Set([...RESERVED, ...kept]);
  await checkText(stays);

  const counts = new Map(own);
  for (const [name, count] of bundled) counts.set(name, (counts.get(name) ?? 0) + count);
  /** @type {Record<string, string>} */
  const files = {};
  for (const file of await filesAt('src', /\.ts$/)) files[file] = await readFile(file, 'utf8');
  const members = privateMembers(files);

  /** Names that get the same short name, how often they occur together, and the classes that have one of them. */
  /** @type {{ names: string[], count: number, classes: Set<string> }[]} */
  const groups = [];
  const byUse = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  for (const [name, count] of byUse) {
    if (stays.has(name)) continue;
    const classes = members.get(name) ?? [];
    const group =
      classes.length > 0
        ? groups.find((one) => one.classes.size > 0 && !classes.some((owner) => one.classes.has(owner)))
        : undefined;
    if (group) {
      group.names.push(name);
      group.count += count;
      for (const owner of classes) group.classes.add(owner);
    } else groups.push({ names: [name], count, classes: new Set(classes) });
  }

  /** @type {Names['cache']} */
  const cache = Object.fromEntries([...stays].map((name) => [name, false]));
  let index = 0;
  for (const { names } of groups.sort((a, b) => b.count - a.count)) {
    while (stays.has(shortName(index))) index += 1;
    for (const name of names) cache[name] = shortName(index);
    index += 1;
  }
  return { cache, kept };
}

/**
 * Fails if src has a private name as text, as in `'_x' in object` or `object['_x']`: text is not shortened, and the test would silently
 * be false in dist.
 *
 * @param {Set<string>} stays
 */
async function checkText(stays) {
  const found = [];
  for (const file of await filesAt('src', /\.ts$/)) {
    for (const { place, text } of privateText(await readFile(file, 'utf8'))) {
      if (!stays.has(text)) found.push(`${file.slice(root.length)}:${place}: '${text}'`);
    }
  }
  if (found.length === 0) return;
  throw new Error(
    `Private names are shortened in dist, but not as text. Write these as properties, or reserve them in scripts/build/names.mjs:\n${found.join('\n')}`,
  );
}

/**
 * Finds text that looks like a private name; types do not count.
 *
 * @param {string} code @returns {{ place: number, text: string }[]} By line.
 */
export function privateText(code) {
  const source = ts.createSourceFile('source.ts', code, ts.ScriptTarget.Latest, true);
  /** @type {{ place: number, text: string }[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isTypeNode(node)) return;
    if (ts.isStringLiteralLike(node) && /^_[a-z]\w*$/i.test(node.text)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ place: line + 1, text: node.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
