import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { parseAddress } from '../../../src/platform/address.js';
import { useManagers } from '../../support/fake-managers.js';
import { settled } from '../../support/fake-transports.js';
import { useReportError } from '../../support/report-error.js';
import { joinedSocket } from '../../support/wired-socket.js';

/** The production build, and the tables in docs/builds.md of its omissions. */

vi.mock('../../../src/platform/build.js', () => ({ DEVELOPMENT: false }));

const fake = useManagers();
useReportError();

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Short names of the rows of the first table: their beginnings. */
const ROWS = {
  types: 'types of harmless options',
  switches: 'switches other than',
  unknown: 'unknown names in `outbox`',
  accepted: 'invalid options and addresses',
  arguments: 'invalid arguments of',
  unserializable: 'arguments that cannot be sent',
  lossy: 'arguments that JSON loses',
  early: 'a connection of `holdfast/early` with other options',
  absent: 'listed transports that the program does not contain',
  tabs: 'options that differ between tabs',
  limits: 'messages over a limit',
  storage: 'errors of a durable outbox',
  malformed: 'malformed packets and handshakes',
  misspelt: 'unknown options with a name close to',
  unknownToPlugin: 'unknown options of `durable()`',
  mismatch: 'values that do not match a [contract]',
  contract: '[contracts](contracts.md) with',
  hint: 'failed attempts to connect',
  legacy: 'servers of Socket.IO 1 and 2',
  dropped: 'lost messages without a listener',
  coach: 'unhandled failures',
  help: 'the address of an error',
} as const;

/** For each use of DEVELOPMENT in src, in the order of its file, the row that describes it. */
const PLACES: Readonly<Record<string, readonly (keyof typeof ROWS)[]>> = {
  'create-io.ts': ['coach'],
  'helpers/event-stream.ts': ['accepted'],
  'manager/check-options.ts': [
    'types',
    'accepted',
    'accepted',
    'misspelt',
    'misspelt',
    'accepted',
    'switches',
    'unknown',
    'accepted',
  ],
  'manager/manager.ts': ['accepted'],
  'bindings/shared.ts': ['accepted'],
  'manager/next-session.ts': ['absent', 'absent'],
  'platform/address.ts': ['accepted', 'accepted'],
  'platform/errors.ts': ['legacy', 'help'],
  'platform/web-transport.ts': ['malformed'],
  'plugins/contract/check.ts': ['mismatch'],
  'plugins/contract/index.ts': ['unknownToPlugin', 'contract', 'accepted'],
  'plugins/durable/ends.ts': ['storage'],
  'plugins/durable/options.ts': ['unknownToPlugin', 'accepted'],
  'plugins/durable/outbox.ts': ['accepted', 'storage', 'arguments', 'arguments', 'lossy'],
  'plugins/durable/queue.ts': ['coach'],
  'plugins/durable/store.ts': Array(5).fill('storage'),
  'plugins/early-socket.ts': ['early', 'early', 'early'],
  'plugins/early.ts': ['unknownToPlugin', 'early', 'accepted'],
  'plugins/endpoints.ts': ['unknownToPlugin', 'accepted', 'accepted'],
  'plugins/preset.ts': ['coach'],
  'plugins/schedule.ts': ['accepted', 'limits'],
  'plugins/tabs/index.ts': ['unknownToPlugin', 'accepted'],
  'plugins/tabs/options.ts': ['tabs', 'tabs'],
  'protocol/codec.ts': ['unserializable'],
  'protocol/decode.ts': Array(5).fill('malformed'),
  'protocol/encode.ts': ['limits', 'unserializable'],
  'protocol/handshake.ts': ['malformed'],
  'protocol/packet.ts': ['malformed'],
  'session/session.ts': ['hint', 'hint'],
  'socket/event-name.ts': ['arguments'],
  'socket/failures.ts': ['limits', 'limits', 'limits'],
  'socket/sender.ts': ['limits', 'limits'],
  'socket/socket.ts': ['lossy', 'arguments', 'malformed', 'lossy', 'dropped', 'accepted'],
};

/** How often each file of src uses DEVELOPMENT. */
function placesInSource(): Record<string, number> {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  );
  const counts: Record<string, number> = {};
  for (const file of files.sort()) {
    if (!file.endsWith('.ts') || file === 'platform/build.ts') continue;
    const code = readFileSync(`${root}src/${file}`, 'utf8').replace(
      /^import .*|\/\*[\s\S]*?\*\/|\/\/.*/gm,
      '',
    );
    const found = code.match(/\bDEVELOPMENT\b/g)?.length ?? 0;
    if (found > 0) counts[file] = found;
  }
  return counts;
}

describe('the table of what production omits', () => {
  it('has a row for every place that uses DEVELOPMENT, and no other row', () => {
    const page = readFileSync(`${root}docs/builds.md`, 'utf8');
    const table = /### What production omits\n\n\|.*\n\|.*\n((?:\|.*\n)+)/.exec(page)?.[1] ?? '';
    const titles = table.split('\n').flatMap((line) => (line ? [line.slice(2)] : []));
    const named = Object.values(ROWS);
    expect(titles.filter((title) => !named.some((row) => title.startsWith(row)))).toEqual([]);
    expect(titles.map((title) => named.find((row) => title.startsWith(row)))).toEqual(named);
    const used = new Set(Object.values(PLACES).flat());
    expect(Object.keys(ROWS).filter((row) => !used.has(row as keyof typeof ROWS))).toEqual([]);
    expect(
      placesInSource(),
      'a new use of DEVELOPMENT needs its row in docs/builds.md, and its place in this test',
    ).toEqual(Object.fromEntries(Object.entries(PLACES).map(([file, rows]) => [file, rows.length])));
  });
});

/** That of what was thrown. */
function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
}

describe('production refuses', () => {
  it.each([
    1n,
    {
      toJSON: () => {
        throw new Error('no');
      },
    },
  ])('what cannot be serialised', (value) => {
    const { socket, wire } = joinedSocket();
    expect(codeOf(() => socket.emit('order', value))).toBe('UNSERIALIZABLE');
    expect(() => socket.emit('order', value)).toThrow(/^argument 1 of "order" cannot be sent$/);
    expect(wire.sent()).toEqual([]);
  });

  it('more attachments than the server accepts', () => {
    const { socket } = joinedSocket();
    const files = Array.from({ length: 11 }, () => new Uint8Array(1));
    expect(codeOf(() => socket.emit('files', ...files))).toBe('TOO_LARGE');
  });

  it('messages larger than the server accepts', async () => {
    const { socket } = await fake.joined({}, { maxPayload: 100 });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    socket.emit('file', 'x'.repeat(200));
    await settled();
    expect(dropped.mock.calls.map(([error]) => error.code)).toEqual(['TOO_LARGE']);
    expect(dropped.mock.calls[0]?.[0].message).toMatch(/ is \d+ bytes; the server accepts at most 100$/);
    expect(socket.connected).toBe(true);
  });

  it.each(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'])(
    'the reserved name %s',
    (name) => {
      expect(codeOf(() => joinedSocket().socket.emit(name))).toBe('RESERVED_EVENT');
    },
  );

  it.each([undefined, null, {}, Number.NaN, true])('%o as an event name', (name) => {
    const { socket, wire } = joinedSocket();
    expect(codeOf(() => socket.emit(name as never))).toBe('BAD_EVENT');
    expect(wire.sent()).toEqual([]);
  });

  it.each(['ftp://host', 'http://host:99999', 'http://a b', 5])('%o as an address', (address) => {
    expect(codeOf(() => parseAddress(address as string, undefined))).toBe('BAD_ADDRESS');
  });

  it.each(['news', '/a,b', 5])('%o as a namespace', (name) => {
    expect(codeOf(() => fake.make({ autoConnect: false }).socket(name as string))).toBe('BAD_ADDRESS');
  });

  it.each([-1, Number.NaN, 'soon'])('%o as a duration', (ms) => {
    expect(codeOf(() => joinedSocket().socket.timeout(ms as number))).toBe('BAD_OPTION');
    expect(codeOf(() => fake.make({ timeout: ms as number }))).toBe('BAD_OPTION');
    const manager = fake.make({ autoConnect: false });
    expect(codeOf(() => manager.reconnectionDelay(ms as number))).toBe('BAD_OPTION');
  });

  it.each<[string, object, string]>([
    ['a message over maxReceivedBytes', { maxReceivedBytes: 40 }, `2["a","${'x'.repeat(40)}"]`],
    ['too many attachments', { maxAttachments: 1 }, '52-["a"]'],
    ['a malformed packet', {}, '2{"a":1}'],
  ])('%s from the server', async (_what, options, chunk) => {
    const { socket, below } = await fake.joined(options);
    const ended = vi.fn();
    socket.on('disconnect', ended);
    below.gives('message', chunk);
    expect(ended.mock.calls.map(([reason]) => reason)).toEqual(['parse error']);
  });

  it('more packets than the outbox may hold, and more acknowledgements than may be pending', async () => {
    const manager = fake.make({ autoConnect: false });
    const socket = manager.socket('/', { outbox: { maxPackets: 1 }, maxPendingAcks: 1 });
    const dropped = vi.fn();
    socket.on('dropped', dropped);
    socket.emit('kept');
    socket.emit('over');
    await settled();
    expect(dropped.mock.calls.map(([error]) => error.code)).toEqual(['OUTBOX_FULL']);
    const { socket: joined } = await fake.joined({ maxPendingAcks: 1 });
    const outcomes = [joined.emitWithAck('a'), joined.emitWithAck('b')];
    await expect(outcomes[1]).rejects.toMatchObject({ code: 'TOO_MANY_ACKS' });
    joined.disconnect();
    await expect(outcomes[0]).rejects.toMatchObject({ code: 'DISCONNECTED' });
  });
});
