/** The connection that a group shares is opened with the options of the leader: how they are passed on, and compared. */
import { Manager } from '../../manager/manager.js';
import type { ManagerHooks, Plugin } from '../../manager/plugin.js';
import { attempt } from '../../platform/attempt.js';
import { DEVELOPMENT } from '../../platform/build.js';
import type { Options } from '../../platform/options.js';
import { warnOnce } from '../../platform/report.js';
import type { Signature } from './wire.js';

export const NAME = 'tabs';

/** Options that each tab has for itself. */
const OWN =
  /^(autoConnect|coach|forceNew|multiplex|reconnection.*|retr.*|ack.*|max(Pending|Sent|Rec|Att).*|hideOffset|errorFirstAcks|highWaterMark)$/;

/** Whether hooks are about the way to the server: those are for the one connection. The others are for what each tab sends and hears. */
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
  // The leader goes on while a tab of the group wants a connection.
  reconnection: true,
  reconnectionAttempts: Number.POSITIVE_INFINITY,
});

const withoutTabs = (plugins: readonly Plugin[]): Plugin[] => plugins.filter(({ name }) => name !== NAME);

/** Options that can be told to a worker. */
export function settingsOf({ opts }: { readonly opts: object }): object {
  const { auth, plugins, signals, store, ...rest } = opts as Options;
  return attempt(() => JSON.parse(JSON.stringify(rest))) ?? {};
}

/** What each option is, in a number: values may be secret. */
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
  // A leader of the production build does not tell.
  if (DEVELOPMENT && Object.keys(leaders).length > 0)
    for (const name of Object.keys({ ...leaders, ...own })) {
      if (leaders[name] === own[name]) continue;
      warnOnce(
        `tabs ${name}`,
        `holdfast: option "${name}" is not the same in all tabs; that of the tab that leads counts`,
      );
    }
}
