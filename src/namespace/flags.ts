/** The modifiers of one emit. */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
  signal?: AbortSignal | undefined;
  key?: string;
}
