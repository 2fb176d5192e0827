import { expect, it, onTestFinished } from 'vitest';
import { messages, useManagers } from '../support/fake-managers.js';
import type { FakeTransport } from '../support/fake-transports.js';

/** The depth of the path from an emit to the network: a person who debugs it steps through these functions. */

const fake = useManagers();

/** The functions of src between the call and the transport, the innermost first. */
function framesOfWrites(below: FakeTransport): string[][] {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  onTestFinished(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  const stacks: string[][] = [];
  const transport = below as unknown as { write(packets: readonly unknown[]): void };
  const { write } = transport;
  transport.write = (packets) => {
    const lines = (new Error().stack ?? '').split('\n').slice(1);
    stacks.push(lines.filter((line) => /[\\/]src[\\/]/.test(line)).map((line) => line.trim()));
    write.call(transport, packets);
  };
  return stacks;
}

it.each([
  ['an emit', (socket: { emit(name: string, ...args: unknown[]): unknown }) => socket.emit('a', 1)],
  [
    'an emit with an acknowledgement',
    (socket: { emit(name: string, ...args: unknown[]): unknown }) => socket.emit('a', 1, () => {}),
  ],
])('%s crosses at most 6 frames of ours from the call to the transport', async (_what, emit) => {
  const { socket, below } = await fake.joined();
  const stacks = framesOfWrites(below);
  emit(socket);
  await messages(below);
  expect(stacks).toHaveLength(1);
  // It was seen from the very call on.
  expect(stacks[0]?.at(-1)).toMatch(/emit/);
  expect(stacks[0]?.length, stacks[0]?.join('\n')).toBeLessThanOrEqual(6);
});
