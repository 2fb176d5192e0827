// Typedoc's model of the docstrings of src, by the names that the package exports.
import { Application, ReflectionKind } from 'typedoc';
import { root } from '../run.mjs';

/** @typedef {import('typedoc').DeclarationReflection} Declaration */
/** @typedef {import('typedoc').SignatureReflection} Signature */
/** @typedef {import('typedoc').Comment} Comment */

/** The exports; `Io`, the type of `io`; and the class behind `Manager`. @returns {Promise<Map<string, Declaration>>} */
export async function readModel() {
  const app = await Application.bootstrap({
    entryPoints: ['index', 'io', 'manager/manager'].map((file) => `${root}src/${file}.ts`),
    tsconfig: `${root}tsconfig.build.json`,
    excludePrivate: true,
    excludeProtected: true,
    excludeInternal: true,
    disableSources: true,
    readme: 'none',
    sort: ['source-order'],
    logLevel: 'Error',
    validation: false,
  });
  const project = await app.convert();
  if (!project || app.logger.hasErrors()) throw new Error('typedoc could not read src.');
  const modules = /** @type {Declaration[]} */ (project.children);
  /** @param {string} name */
  const childrenOf = (name) => modules.find((one) => one.name === name)?.children ?? [];
  /** @type {Map<string, Declaration>} */
  const model = new Map();
  for (const module of ['io', 'index']) {
    for (const child of childrenOf(module)) {
      // The types beside the class `Socket`, under its name.
      if (child.kind === ReflectionKind.Namespace) continue;
      const target = child.isReference() ? child.getTargetReflectionDeep() : child;
      model.set(child.name, /** @type {Declaration} */ (target));
    }
  }
  const manager = childrenOf('manager/manager').find(({ name }) => name === 'Manager');
  if (!manager) throw new Error('src/manager/manager.ts has no class Manager any more.');
  return model.set('Manager', manager);
}

/** @param {Comment | undefined} comment */
export const summaryOf = (comment) => text(comment?.summary ?? []);

/** @param {Comment | undefined} comment @param {`@${string}`} tag @returns {string[]} */
export const tagsOf = (comment, tag) =>
  (comment?.getTags(tag) ?? []).map(({ content }) => text(content).replace(/^```ts\s|\s```$/g, ''));

/** In one line, because docstrings are wrapped in the source; the items of a list become sentences. @param {readonly import('typedoc').CommentDisplayPart[]} parts */
function text(parts) {
  return parts
    .map((part) => part.text)
    .join('')
    .replace(/:\s*\n- /g, ': ')
    .replace(/^- /, '')
    .replace(/\n- /g, '. ')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
