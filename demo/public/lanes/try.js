// The first button of the page: a dead connection, as a Wi-Fi leaves it behind. Says in a sentence what came of it.

import { byId, el } from '../shared/dom.js';
import { describeRecovery } from './lane.js';

const FAULT = 'dead';
/** holdfast takes silence for a dead connection once it has seen this server answer a probe: the first goes out after five seconds. */
const READY_AFTER_MS = 7_000;

export function mountTry(lanes, server) {
  const button = byId('try');
  const verdict = byId('verdict');
  const intro = verdict.textContent;
  /** The press waits for the clients to be ready. */
  let pressed = false;
  let shown = intro;

  const ready = () =>
    lanes.every(({ probe }) => probe.age() > READY_AFTER_MS && /websocket|polling/.test(probe.state()));

  function fire() {
    pressed = false;
    server.inject(FAULT).catch((error) => {
      verdict.textContent = `That did not work: ${error.message}`;
    });
  }

  button.addEventListener('click', () => {
    if (ready()) fire();
    else pressed = true;
    show();
  });

  function sentence() {
    if (pressed) return 'One moment: both clients have only just connected.';
    if (lanes.every(({ probe }) => probe.fault() === undefined)) return intro;
    return lanes.map(told).join('\n');
  }

  function show() {
    if (pressed && ready()) fire();
    button.setAttribute('aria-disabled', String(pressed));
    const text = sentence();
    // Written only when it changes, because it is read aloud.
    if (text === shown) return;
    shown = text;
    verdict.replaceChildren(...text.split('\n').map((line) => el('span', {}, `${line} `)));
  }

  return { show };
}

/** The outcome of one client, without anything that changes every second. */
function told({ name, probe }) {
  const fault = probe.fault();
  const state = probe.state();
  const { title, outcome } = describeRecovery(fault, state, Date.now());
  const lost = probe.counts().silent - fault.before.silent;
  const words = lost > 0 ? `; ${lost} ${lost === 1 ? 'message was' : 'messages were'} lost silently` : '';
  if (outcome === 'recovered') {
    if (!fault.interrupted) return `${name} was not interrupted.`;
    return `${name} was ${title.toLowerCase()}${words}.`;
  }
  if (!fault.interrupted && fault.ended) return `${name} continues.`;
  return state === 'unresponsive'
    ? `${name} has not noticed: it still says “connected”.`
    : `${name} is trying to come back.`;
}
