import type { Plugin } from 'esbuild';

/**
 * Resolves frameworks from one folder, for the program and for the bindings, which are in another folder.
 *
 * @param react the folder of React, if it is a different one
 */
export const oneCopy = (folder: string, react: string = folder): Plugin => ({
  name: 'one-copy',
  setup(context) {
    const filter =
      /^(react|react-dom|@tanstack\/[\w-]+|vue|@vue\/[\w-]+|svelte|@angular\/[\w-]+|rxjs|zone\.js)(\/|$)/;
    context.onResolve({ filter }, ({ path, kind, pluginData }) => {
      if (pluginData === 'found') return undefined;
      const resolveDir = path.startsWith('react') ? react : folder;
      return context.resolve(path, { kind, resolveDir, pluginData: 'found' });
    });
  },
});
