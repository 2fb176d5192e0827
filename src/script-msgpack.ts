/** The script tag's global `io` with socket.io-msgpack-parser in place of holdfast's own codec. */
import * as parser from 'socket.io-msgpack-parser';
import type { Manager as ManagerClass } from './manager/manager.js';
import io from './script.js';

/** Adds the parser to the arguments of `io` and `new Manager`: an address and options, or options alone. */
function withParser(args: readonly unknown[]): unknown[] {
  const [first, second] = args as [object | string | undefined, object | undefined];
  // A URL object is an address.
  return typeof first === 'object' && first !== null && !('href' in first)
    ? [{ parser, ...first }]
    : [first, { parser, ...second }];
}

const Base = io.Manager;

/** As `Manager`; `instanceof` and subclasses work as with the class. */
function Manager(this: unknown, ...args: unknown[]): ManagerClass {
  return Reflect.construct(Base, withParser(args), new.target ?? Base) as ManagerClass;
}
Manager.prototype = Base.prototype;

const lookup = (...args: unknown[]): unknown => (io as (...args: unknown[]) => unknown)(...withParser(args));

export default Object.assign(lookup, io, { io: lookup, connect: lookup, Manager }) as unknown as typeof io;
