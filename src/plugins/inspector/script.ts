import { everyManager } from '../../manager/every-manager.js';
import { pageGlobal, scriptAttribute, setPageGlobal } from '../../platform/page.js';
import { debug } from './debug.js';
import { inspect, openLog } from './inspect.js';

/**
 * The functions that `holdfast.inspector.min.js` adds to the global `io`. A page whose connections come from a bundle has no such global:
 * there, they are on the global `holdfast`.
 */
const tools = { inspect, openLog, debug };
const io = pageGlobal('io');
if (typeof io === 'function') Object.assign(io, tools);
else setPageGlobal('holdfast', tools);

// Prints the lines that `localStorage.debug` selects: usually none.
everyManager((manager) => {
  debug(manager);
});

// `data-inspect`, or `data-inspect="right"`: every connection of the page is inspected, without a line of code.
const wanted = scriptAttribute('data-inspect');
if (wanted !== undefined) {
  const payloads = scriptAttribute('data-payloads') !== undefined;
  inspect(undefined, { dock: wanted === 'right' ? 'right' : 'bottom', payloads });
}
