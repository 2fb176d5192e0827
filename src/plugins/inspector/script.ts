import { pageGlobal, scriptAttribute } from '../../platform/page.js';
import type { ScriptIo } from '../../script.js';
import { debug } from './debug.js';
import {
  type EveryManager,
  type InspectOptions,
  type Inspector,
  inspect,
  inspectEvery,
  openLog,
} from './inspect.js';
import type { Watchable } from './watch.js';

/** What `holdfast.inspector.min.js` adds to the global `io`. */

const io = pageGlobal('io') as ScriptIo | undefined;
if (!io?.everyManager) throw new Error('holdfast.inspector.min.js needs holdfast.min.js before it');
const every: EveryManager = (listener) => io.everyManager(listener);

Object.assign(io, {
  inspect: (target?: Watchable, options?: InspectOptions): Inspector =>
    target ? inspect(target, options) : inspectEvery(every, options),
  openLog,
  debug,
});

// Says what `localStorage.debug` wants to hear: nothing, as a rule.
every((manager) => {
  debug(manager);
});

// `data-inspect`, or `data-inspect="right"`: every connection of the page is inspected, without a line of code.
const wanted = scriptAttribute('data-inspect');
if (wanted !== undefined) {
  const payloads = scriptAttribute('data-payloads') !== undefined;
  inspectEvery(every, { dock: wanted === 'right' ? 'right' : 'bottom', payloads });
}
