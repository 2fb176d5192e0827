/** Detects whether a framework is rendering a page on a server: a connection opened there belongs to no visitor. */

/** Files of the renderers of React, Vue, Svelte, Angular, Solid and Preact. */
const RENDERERS =
  /react-dom[-/](cjs\/react-dom-)?server|react-server-dom|@vue[/+]server-renderer|svelte\/(src\/)?internal\/server|@angular\/platform-server|solid-js\/web\/dist\/server|preact-render-to-string/;

/** How many stack frames are checked: a deep tree of components has many. */
const FRAMES = 200;

export function rendersOnServer(): boolean {
  if (typeof document !== 'undefined') return false;
  const limited = Error as { stackTraceLimit?: number };
  const { stackTraceLimit } = limited;
  limited.stackTraceLimit = FRAMES;
  const { stack = '' } = new Error();
  if (stackTraceLimit === undefined) delete limited.stackTraceLimit;
  else limited.stackTraceLimit = stackTraceLimit;
  return RENDERERS.test(stack.replace(/\\/g, '/'));
}
