/** A shared worker that holds the connection of a group of tabs. It leads as long as there are tabs. */
import { Manager } from '../../manager/manager.js';
import { attempt } from '../../platform/attempt.js';
import { nothing } from '../../platform/clock.js';
import { systemEnvironment } from '../../platform/environment.js';
import { servePages, systemTabs, workerName } from '../../platform/tabs.js';
import { preset } from '../preset.js';
import { createHub, type Hub, type HubHost } from './hub.js';
import { hubOptions, signatureOf } from './options.js';
import { type Down, isMessage, type Up, WORKER_LOCK } from './wire.js';

/** No key of a tab begins like this: a worker has no tab of its own. */
const NOBODY = ' ';

/** Serves the pages that connect to this worker. */
export function serveTabs(): void {
  const environment = systemEnvironment();
  // The lock tells the tabs when the worker ends.
  const locked = new Promise<unknown>((resolve) => {
    systemTabs.lock(`${workerName()}${WORKER_LOCK}`, false, resolve as () => void, resolve);
  });
  /** The channels to the tabs, by the keys of their links. */
  const tabs = new Map<string, (message: unknown) => void>();
  let hub: Hub | undefined;

  const host: HubHost = {
    _post(message: Down) {
      const [, , key] = message;
      if (key !== undefined) tabs.get(key)?.(message);
      else for (const tell of new Set(tabs.values())) tell(message);
    },
    _watchTab(key, gone) {
      const stop = systemTabs.lock(`${workerName()}:${key.split('/')[0]}`, false, gone, nothing);
      return () => {
        stop();
        tabs.delete(key);
      };
    },
    _changed() {
      if (!hub || hub._seats.size > 0) return;
      hub._close();
      hub = undefined;
    },
  };

  servePages((answer) => {
    let uri: string | undefined;
    let settings: object = {};
    return (message) => {
      if (!isMessage(message)) return;
      locked.then(() =>
        attempt(() => {
          if (message[0] === 'hello') {
            uri = message[1] as string | undefined;
            settings = message[2] as object;
            return;
          }
          if (message[0] === 'open') {
            tabs.set(`${message[1]}`, answer);
            if (!hub) {
              const manager = new Manager(uri, hubOptions(settings), environment, preset());
              hub = createHub(manager, environment.dateMs(), host, NOBODY, signatureOf(manager));
            }
          }
          hub?._hear(message as unknown as Up);
        }),
      );
    };
  });
}
