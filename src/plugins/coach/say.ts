/** The coach's warnings, and questions that all its parts ask about a connection. */
import type { Manager } from '../../manager/manager.js';
import { serverOf } from '../../manager/server-of.js';
import { attempt } from '../../platform/attempt.js';
import type { Options } from '../../platform/options.js';
import { warnOnce } from '../../platform/report.js';
import type { Socket } from '../../socket/socket.js';
import { type Cause, callWithoutAddress, type Destination, destinationFor } from '../causes.js';

/** The address of the package's documents. */
const DOCUMENTS = 'https://unpkg.com/holdfast/docs/';

export const KEEPS_TRYING = 'holdfast keeps trying';

/**
 * Logs one warning for each kind.
 *
 * @param does what holdfast does about it; may be empty
 * @param page the page of the documents that explains it
 */
export const say = (kind: string, happened: string, does: string, change: string, page: string): void =>
  warnOnce(
    `coach ${kind}`,
    `holdfast: ${happened}. ${does ? `${does}. ` : ''}To fix it: ${change}. ${DOCUMENTS}${page}`,
  );

/** How long the coach waits for the response to a request of its own, in milliseconds. */
export const ASK_MS = 5_000;

/** Whether a class of the program opens its connections: they may lead anywhere. */
export const isOwnTransport = (manager: Manager): boolean =>
  [manager._option('transportImplementations'), manager._option('transports')].some((list) =>
    (list as readonly unknown[] | undefined)?.some((entry) => typeof entry === 'function'),
  );

/** Where the connection leads; undefined if its address cannot be read. */
export const destinationOf = (manager: Manager): Destination | undefined =>
  attempt(() => ({
    ...destinationFor(serverOf(manager.uri, manager.opts as Options).origin, manager._option('path')),
    without: callWithoutAddress(manager),
  }));

/** Whether the program listens to failures of this socket or its connection. */
export const heard = (socket: Socket): boolean =>
  socket.hasListeners('connect_error') ||
  socket.io.hasListeners('error') ||
  socket.io.hasListeners('reconnect_error') ||
  socket.io.hasListeners('reconnect_failed');

/** The hint of an error whose cause is known. */
export const hintFrom = ({ happened, change }: Cause): string => `${happened}. To fix it: ${change}`;
