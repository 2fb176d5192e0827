/** The shared connection is opened with the leader's options. This file passes them on and compares them with those of other tabs. */
import { Manager } from '../../manager/manager.js';
import type { ManagerHooks, Plugin } from '../../manager/plugin.js';
import { attempt } from '../../platform/attempt.js';
import { DEVELOPMENT } from '../../platform/build.js';
import type { Options } from '../../platform/options.js';
import { warnOnce } from '../../platform/report.js';
import type { Signature } from './wire.js';

export const NAME = 'tabs';

/** Options that are separate for each tab. */
const OWN =
  /^(autoConnect|coach|forceNew|multiplex|reconnection.*|retr.*|ack.*|max(Pending|Sent|Rec|Att).*|hideOffset|errorFirstAcks|highWaterMark)$/;

/** Whether a plugin's hooks concern the connection to the server: they run once, in the leader. Others concern the events of each tab. */
export const isOfConnection = ({ begin, plan, transport, opened, doubt, improve }: ManagerHooks): boolean =>
  !!(begin || plan || transport || opened || doubt || improve);

/** A manager for the connection of the group, with the options and plugins of a tab. */
export function hubManager(tab: Manager): Manager {
  const { uri, opts, _environment, _plugins } = tab;
  const manager = new Manager(uri, hubOptions(opts), _environment, withoutTabs(_plugins));
  manager._observers = manager._observers.filter((hooks) => isOfConnection(hooks as ManagerHooks));
  manager._hooks = manager._hooks.filter(({ deliver }) => !deliver);
  return manager;
}

export const hubOptions = (options: object): Options => ({
  ...options,
  plugins: [],
  coach: false,
  autoConnect: false,
  // The leader continues while any tab of the group wants a connection.
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
});

const withoutTabs = (plugins: readonly Plugin[]): Plugin[] => plugins.filter(({ name }) => name !== NAME);

/** The options that can be sent to a worker. */
export function settingsOf({ opts }: { readonly opts: object }): object {
  const { auth, plugins, signals, store, ...rest } = opts as Options;
  return attempt(() => JSON.parse(JSON.stringify(rest))) ?? {};
}

/** A hash of each option: values may be secret. */
export function signatureOf({ opts }: { readonly opts: object }): Signature {
  const signature: Record<string, number> = {};
  if (!DEVELOPMENT) return signature;
  const settings = settingsOf({ opts }) as Record<string, unknown>;
  for (const name in settings) {
    if (OWN.test(name)) continue;
    const text = JSON.stringify(settings[name]);
    let hash = 0;
    for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
    signature[name] = hash;
  }
  return signature;
}

export function warnOfDifferences(leaders: Signature, own: Signature): void {
  // A leader of the production build sends no hashes.
  if (DEVELOPMENT && Object.keys(leaders).length > 0)
    for (const name of Object.keys({ ...leaders, ...own })) {
      if (leaders[name] === own[name]) continue;
      warnOnce(
        `tabs ${name}`,
        `holdfast: option "${name}" differs between the tabs; the leader's value applies`,
      );
    }
}
