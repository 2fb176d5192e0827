/**
 * What the blocks of a page may use without saying where it comes from, because the text around them does. It is imported by name
 * only where a block leaves a name open; all else is in the block.
 */
import { io, type Socket } from 'holdfast';

declare global {
  // As Vite declares it.
  interface ImportMeta {
    readonly hot?: { dispose(cleanUp: () => void): void };
  }
}

/** The server of the document's test; put in place when the block is bundled. */
declare const SERVER_URL: string;

export { events, io, Manager } from 'holdfast';

export const url: string = SERVER_URL;

// Made only where a block uses it.
export const socket: Socket = /* @__PURE__ */ io(SERVER_URL);
export const signal: AbortSignal = /* @__PURE__ */ AbortSignal.timeout(20_000);
export const file: Blob = /* @__PURE__ */ new Blob([new Uint8Array(3_000_000)]);
export const badge: HTMLElement = /* @__PURE__ */ document.body.appendChild(document.createElement('p'));

export const freshToken = async (): Promise<string> => 'secret';
export const show = (text: unknown): void => void badge.append(String(text));
export const log = (text: unknown): void => console.log(text);
/** In place of `location.reload`, which would begin the test anew. */
export const reload = (): void => console.log('reloaded');
