import type { Frame, Line } from './network.js';

/** Determines the namespace of each delivered frame independently, by the grammar of the Socket.IO protocol. */
export class Oracle {
  /** The namespaces to which a mark was delivered. */
  readonly #addressed = new Map<string, Set<string>>();
  /** The namespaces of the current delivery. */
  readonly #current = new Set<string>();
  /** The recipients of attachments, by line: a message may begin on one line and end on the next. */
  readonly #headers = new Map<Line, string>();

  /** Called before `frames` are delivered over `line`. */
  expect(line: Line, frames: readonly Frame[]): void {
    this.#current.clear();
    for (const frame of frames) {
      const parts = typeof frame === 'string' && line.kind === 'polling' ? frame.split('\x1e') : [frame];
      for (const part of parts) this.#expectOne(line, part);
    }
  }

  /** Returns the fault of calling a listener of `nsp` with these arguments, if any. */
  complaint(nsp: string, args: readonly unknown[]): string | undefined {
    if (!this.#current.has(nsp)) {
      return `a listener of ${nsp} was called by a frame for ${[...this.#current].join(' and ') || 'nobody'}`;
    }
    for (const mark of marksIn(args)) {
      const owners = this.#addressed.get(mark);
      if (!owners?.has(nsp)) {
        return `a listener of ${nsp} was called with ${mark}, which was for ${[...(owners ?? [])].join(' and ') || 'nobody'}`;
      }
    }
    return undefined;
  }

  #expectOne(line: Line, frame: Frame): void {
    // Text that begins with a b is base64 to the parser of the engine, whatever the transport.
    const isBase64 = typeof frame === 'string' && frame.startsWith('b');
    const binary = isBase64
      ? Buffer.from(frame.slice(1), 'base64')
      : typeof frame === 'string'
        ? undefined
        : frame;
    if (binary) {
      for (const owner of this.#headers.values()) this.#address(owner, binary.toString('latin1'));
      return;
    }
    const text = frame as string;
    if (!text.startsWith('4')) return;
    const [, attachments, nsp = '/'] = /^4(?:[0-4]|([56]\d+-))(\/[^,]*)?/.exec(text) ?? [];
    if (attachments) {
      for (const gone of this.#headers.keys()) if (!gone.open) this.#headers.delete(gone);
      this.#headers.set(line, nsp);
    }
    this.#address(nsp, text);
  }

  #address(nsp: string, text: string): void {
    this.#current.add(nsp);
    for (const [mark] of text.matchAll(/~\d+~/g)) {
      const owners = this.#addressed.get(mark);
      if (owners) owners.add(nsp);
      else this.#addressed.set(mark, new Set([nsp]));
    }
  }
}

/** The marks in a listener's arguments. */
export function marksIn(args: readonly unknown[]): string[] {
  const found: string[] = [];
  const look = (value: unknown, depth: number): void => {
    if (typeof value === 'string') found.push(...(value.match(/~\d+~/g) ?? []));
    else if (Buffer.isBuffer(value)) look(value.toString('latin1'), depth);
    else if (typeof value === 'object' && value !== null && depth < 200) {
      for (const [key, inner] of Object.entries(value)) {
        look(key, depth + 1);
        look(inner, depth + 1);
      }
    }
  };
  look(args, 0);
  return found;
}
