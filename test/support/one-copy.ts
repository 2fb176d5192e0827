import type { Plugin } from 'esbuild';

/**
 * Frameworks that everybody finds in one folder: the program as well as the bindings, which lie elsewhere.
 *
 * @param react where React is found, if that is another one
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
