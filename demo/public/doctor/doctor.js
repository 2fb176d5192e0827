// The page of the doctor: `diagnose` of `holdfast/doctor`, in front of this demo's server in several states, or of any other.

import { diagnose } from '/modules/plugins/doctor.js';
import { byId, el, onSubmit } from '../shared/dom.js';
import { followServer } from '../shared/server.js';
import { makeToolbar } from '../shared/toolbar.js';

/** A step that is never answered ends after this; less than the default, because people wait here. */
const DEADLINE_MS = 3_000;

/** @returns {{ name: string, about: string, url: string, path: string, fault?: string }[]} */
function patientsOf({ socketUrl, path }) {
  const { hostname } = new URL(socketUrl);
  return [
    { name: 'A healthy server', about: 'the server of this demo', url: socketUrl, path },
    {
      name: 'Nothing runs there',
      about: 'no program listens on this port',
      url: `http://${hostname}:1`,
      path,
    },
    {
      name: 'A wrong path',
      about: 'the server listens on a different path',
      url: socketUrl,
      path: '/socket.io',
    },
    {
      name: 'A path in the address',
      about: 'it is read as a namespace',
      url: `${socketUrl}/websocket`,
      path,
    },
    { name: 'No such namespace', about: 'the server has not created it', url: `${socketUrl}/nowhere`, path },
    { name: 'A refused password', about: 'a middleware refuses it', url: `${socketUrl}/members`, path },
    {
      name: 'https, but it speaks http',
      about: 'the scheme is wrong',
      url: socketUrl.replace('http:', 'https:'),
      path,
    },
    {
      name: 'A proxy swallows WebSocket',
      about: 'long-polling gets through',
      url: socketUrl,
      path,
      fault: 'ws-hang',
    },
    { name: 'A proxy refuses WebSocket', about: 'with status 403', url: socketUrl, path, fault: 'ws-403' },
    {
      name: 'Requests are never answered',
      about: 'a firewall drops them',
      url: socketUrl,
      path,
      fault: 'silence',
    },
    { name: 'The server is stopped', about: 'connections are refused', url: socketUrl, path, fault: 'stop' },
  ];
}

async function start() {
  const config = await (await fetch('/api/config')).json();
  const server = followServer();
  byId('origin').textContent = location.origin;

  let run = 0;
  async function examine({ url, path, fault }) {
    run += 1;
    const mine = run;
    byId('address').value = url;
    byId('path').value = path;
    byId('findings').replaceChildren();
    say('Looking …');
    showCode(url, path);
    try {
      if (fault) await server.inject(fault);
      const { ok } = await diagnose(url, {
        path,
        deadlineMs: DEADLINE_MS,
        onFinding: (finding) => mine === run && byId('findings').append(lineOf(finding)),
      });
      if (mine === run) say(ok ? 'This page can connect' : 'This page cannot connect', ok);
    } finally {
      if (fault) await server.end(fault);
    }
  }

  const unavailable = new Map(config.faults.map(({ id, unavailable }) => [id, unavailable]));
  const buttons = patientsOf(config)
    .filter(({ fault }) => !fault || !unavailable.get(fault))
    .map((patient) => {
      const button = el(
        'button',
        { type: 'button' },
        el('b', {}, patient.name),
        ' ',
        el('small', {}, patient.about),
      );
      button.addEventListener('click', () => {
        for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
        attempt(() => examine(patient));
      });
      button.setAttribute('aria-pressed', 'false');
      return button;
    });
  byId('patients').replaceChildren(...buttons);
  byId('patients').setAttribute('aria-label', 'Servers to try');
  makeToolbar(byId('patients'));
  byId('address').value = config.socketUrl;
  byId('path').value = config.path;
  showCode(config.socketUrl, config.path);
  onSubmit(byId('examine'), () => {
    for (const button of buttons) button.setAttribute('aria-pressed', 'false');
    attempt(() => examine({ url: byId('address').value.trim(), path: byId('path').value.trim() }));
  });
}

function lineOf({ ok, text, change }) {
  const line = el(
    'li',
    { dataset: { ok: String(ok) } },
    el('i', { ariaHidden: 'true' }, ok ? '✔' : '✘'),
    el('div', {}, el('span', { className: 'unseen' }, ok ? 'Works: ' : 'Fails: '), el('p', {}, text)),
  );
  if (change) line.lastElementChild.append(el('p', { className: 'change' }, change));
  return line;
}

function say(text, ok) {
  const outcome = byId('outcome');
  outcome.textContent = text;
  outcome.dataset.ok = ok === undefined ? '' : String(ok);
}

function showCode(url, path) {
  byId('code').textContent = `import { diagnose } from 'holdfast/doctor';

console.log(\`\${await diagnose(${JSON.stringify(url)}, { path: ${JSON.stringify(path)} })}\`);`;
}

async function attempt(action) {
  byId('notice').hidden = true;
  try {
    await action();
  } catch (error) {
    byId('notice').textContent = `That did not work: ${error.message}`;
    byId('notice').hidden = false;
  }
}

attempt(start);
