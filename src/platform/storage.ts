/** Where a few words outlive the page. */
export interface Store {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

const memory = new Map<string, string>();

/** `localStorage` where there is one and it may be used, else the memory of this page. */
export const systemStore: Store = {
  get: (key) => attempt((storage) => storage.getItem(key)) ?? memory.get(key),
  set(key, value) {
    memory.set(key, value);
    attempt((storage) => storage.setItem(key, value));
  },
};

/** Storage may be missing, forbidden, or full: to look at it may throw already. */
function attempt<Result>(use: (storage: Storage) => Result): Result | undefined {
  try {
    return typeof window === 'undefined' ? undefined : use(window.localStorage);
  } catch {
    return undefined;
  }
}
