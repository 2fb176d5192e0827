// What typedoc reads from the docstrings of src, by the names that the package exports.
import { Application, ReflectionKind } from 'typedoc';
import { root } from '../run.mjs';

/** @typedef {import('typedoc').DeclarationReflection} Declaration */
/** @typedef {import('typedoc').SignatureReflection} Signature */
/** @typedef {import('typedoc').Comment} Comment */

/** What is exported, and `Io`, which is what `io` is. @returns {Promise<Map<string, Declaration>>} */
export async function readModel() {
  const app = await Application.bootstrap({
    entryPoints: [`${root}src/index.ts`, `${root}src/io.ts`],
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
  const [index, io] = /** @type {Declaration[]} */ (project.children);
  /** @type {Map<string, Declaration>} */
  const model = new Map();
  for (const module of [io, index]) {
    for (const child of module?.children ?? []) {
      // The types beside the class `Socket`, under its name.
      if (child.kind === ReflectionKind.Namespace) continue;
      const target = child.isReference() ? child.getTargetReflectionDeep() : child;
      model.set(child.name, /** @type {Declaration} */ (target));
    }
  }
  return model;
}

/** @param {Comment | undefined} comment */
export const summaryOf = (comment) => text(comment?.summary ?? []);

/** @param {Comment | undefined} comment @param {`@${string}`} tag @returns {string[]} */
export const tagsOf = (comment, tag) =>
  (comment?.getTags(tag) ?? []).map(({ content }) => text(content).replace(/^```ts\s|\s```$/g, ''));

/** In one line: docstrings are wrapped where the source is. @param {readonly import('typedoc').CommentDisplayPart[]} parts */
function text(parts) {
  return parts
    .map((part) => part.text)
    .join('')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
