import type { Scenario } from '../record.js';

function volatile(transports: string[]): Scenario {
  return {
    name: `volatile emits are dropped while away, with ${transports}`,
    transports,
    run: async (fixture) => {
      const socket = fixture.watch(fixture.io('', { autoConnect: false }));
      fixture.note('same', socket.volatile === socket);
      socket.emit('echo', 'belongs to the flag above');
      socket.volatile.emit('echo', 'dropped');
      socket.volatile.emit('echo', 'dropped', () => fixture.note('never'));
      socket.emit('echo', 'kept');
      socket
        .timeout(50)
        .volatile.emit('echo', 'dropped', (...args: unknown[]) => fixture.note('timed out', ...args));
      fixture.note('waiting', socket.sendBuffer.length);
      await fixture.noted('timed out');
      socket.connect();
      await fixture.noted('socket connect');
      await fixture.served('/ event', 1);
      await fixture.writable(socket);
      socket.volatile.emit('echo', 'sent');
      await fixture.served('/ event', 2);
      await fixture.writable(socket);
      socket.volatile.emit('echo', 'sent with ack', (...args: unknown[]) => fixture.note('answer', ...args));
      await fixture.noted('answer');
    },
  };
}

function reserved(): Scenario {
  return {
    name: 'reserved events throw',
    run: async (fixture) => {
      const socket = await fixture.connected();
      const names = [
        'connect',
        'connect_error',
        'disconnect',
        'disconnecting',
        'newListener',
        'removeListener',
      ];
      for (const name of names) {
        fixture.attempt(name, () => socket.emit(name, 1));
        await socket.emitWithAck(name).then(
          () => fixture.note('resolved'),
          (error) => fixture.note('rejected', error),
        );
      }
      socket.emit('echo', 'still there');
      await fixture.served('/ event');
      for (const name of ['error', 'reconnect', 'ping', 'pong', 'connecting', 'open', 'close']) {
        fixture.attempt(name, () => socket.emit(name, 1) === socket);
      }
    },
    setup: (app) => app.on('connection', (socket) => socket.on('error', () => {})),
  };
}

export const sending: Scenario[] = [
  volatile(['websocket']),
  volatile(['polling']),
  reserved(),
  {
    name: 'emit and send return the socket; send is the event message',
    run: async (fixture) => {
      const socket = fixture.io();
      fixture.hear(socket, 'message');
      fixture.note('same', socket.emit('echo') === socket, socket.send(1, 'two') === socket);
      await fixture.served('/ event', 2);
      fixture.server.latest().send('from', 'server');
      await fixture.noted('heard message');
    },
  },
  {
    name: 'the sendBuffer can be read and emptied',
    run: async (fixture) => {
      const socket = fixture.io('', { autoConnect: false });
      const content = { by: 'reference' };
      socket.emit('echo', content);
      socket.compress(false).emit('echo', 2);
      socket.emit('echo', 3, () => {});
      for (const packet of socket.sendBuffer) {
        fixture.note('packet', packet.type, packet.data, (packet as { options?: object }).options, packet.id);
      }
      content.by = 'changed';
      socket.connect();
      await fixture.served('/ event', 3);
      fixture.note('waiting', socket.sendBuffer.length);
      socket.disconnect();
      socket.emit('echo', 'forgotten');
      socket.sendBuffer = [];
      socket.connect();
      socket.emit('echo', 'forgotten too');
      socket.sendBuffer.length = 0;
      socket.emit('echo', 'kept');
      await fixture.served('/ event', 4);
      await fixture.settle();
    },
  },
  {
    name: 'compress() reaches the engine as an option of packetCreate, in the order of emits',
    run: async (fixture) => {
      const socket = await fixture.connected();
      const { engine } = socket.io;
      engine.on('packetCreate', (packet) =>
        fixture.note('packetCreate', packet.type, packet.data, packet.options),
      );
      socket.emit('a');
      fixture.note('same', socket.compress(false) === socket);
      socket.emit('b');
      socket.compress(true).emit('c');
      socket.compress(false).volatile.emit('d', Buffer.from('x'));
      socket.emit('e', Buffer.from('y'));
      socket.emit('f', () => {});
      await fixture.served('/ event', 4);
    },
  },
  {
    name: 'events arrive in order, whatever their size and kind',
    transports: ['polling', 'websocket'],
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.hear(socket, 'echo');
      for (let index = 0; index < 60; index += 1) {
        socket.emit('echo', index, index % 5 === 0 ? Buffer.alloc(index, 1) : '.'.repeat(index));
      }
      await fixture.noted('heard echo', 60);
    },
  },
  {
    name: 'values that JSON changes',
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.hear(socket, 'echo');
      class Point {
        readonly x = 1;
        get y(): number {
          return 2;
        }
      }
      const values: unknown[] = [
        undefined,
        null,
        [undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -0],
        { undefined: undefined, null: null, nested: { nan: Number.NaN } },
        new Date(0),
        { at: new Date(86_400_000) },
        { toJSON: () => 'top' },
        { nested: { toJSON: () => ({ deep: [1] }) } },
        new Map([[1, 2]]),
        new Set([1]),
        new Point(),
        /regexp/g,
        { method: () => {}, symbol: Symbol('s') },
        Object.create(null),
        [[[[]]]],
        true,
        1e21,
        '',
        new Error('an error'),
        { toJSON: () => ({ bin: 'not' }), other: 1 },
        new String('boxed'),
      ];
      for (const value of values) socket.emit('echo', value);
      socket.emit('echo');
      socket.emit('echo', undefined, undefined);
      socket.emit('echo', () => {}, 'behind a function');
      await fixture.noted('heard echo', values.length + 3);
    },
  },
  {
    name: 'binary values returned by toJSON',
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.hear(socket, 'echo');
      socket.emit('echo', { toJSON: () => ({ hidden: Buffer.from('a') }) });
      socket.emit('echo', { toJSON: () => 'text', visible: Buffer.from('b') });
      socket.emit('echo', { at: new Date(0), bytes: Buffer.from('c') });
      socket.emit('echo', { none: undefined, map: new Map([[1, 2]]), bytes: Buffer.from('d') });
      await fixture.noted('heard echo', 4);
    },
  },
  {
    name: 'text of all kinds',
    transports: ['polling'],
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.hear(socket, 'echo', 'ev€nt 😀', '', 'a b', '2', '__proto__', 'constructor', 'hasOwnProperty');
      const texts = [
        '€uro',
        '😀',
        '\u0000\u001e\u001f\u007f',
        '\u2028\u2029',
        '\ud800',
        '"\\/',
        'é'.repeat(2_000),
      ];
      for (const text of texts) socket.emit('echo', text, { [text]: text });
      await fixture.noted('heard echo', texts.length);
      for (const name of ['ev€nt 😀', '', 'a b', '2', '__proto__', 'constructor', 'hasOwnProperty']) {
        fixture.server.latest().emit(name, name);
      }
      await fixture.noted('heard hasOwnProperty');
      socket.emit('ev€nt 😀');
      socket.emit('');
      socket.emit('__proto__', JSON.parse('{"__proto__":1,"constructor":{"prototype":2}}'));
      await fixture.served('/ event', texts.length + 3);
    },
  },
  {
    name: 'numbers as event names',
    run: async (fixture) => {
      const socket = await fixture.connected();
      socket.on(1 as never, (...args: unknown[]) => fixture.note('number', ...args));
      socket.onAny((event, ...args) => fixture.note('any', event, ...args));
      socket.emit(1 as never, 'from client');
      await fixture.served('/ event');
      fixture.server.latest().emit(1 as never, 'from server');
      fixture.server.latest().emit('1', 'from server');
      await fixture.noted('any', 2);
    },
  },
  {
    name: 'binary values of all kinds',
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.hear(socket, 'echo');
      const bytes = new Uint8Array([0, 1, 2, 253, 254, 255]);
      const shared = Buffer.from('shared');
      const values: unknown[] = [
        Buffer.from('text'),
        Buffer.alloc(0),
        bytes,
        bytes.buffer,
        bytes.subarray(2, 4),
        new Float64Array([1.5]),
        new DataView(bytes.buffer, 1, 2),
        { deep: [{ er: bytes }], text: 'and', number: 1 },
        [shared, { again: shared }, shared],
        { _placeholder: true, num: 0 },
        new Uint16Array([1, 2]).subarray(1),
      ];
      for (const value of values) socket.emit('echo', value);
      socket.emit('echo', bytes, 'between', bytes.buffer);
      await fixture.noted('heard echo', values.length + 1);
      fixture.note('unchanged', values);
    },
  },
  {
    name: 'binary values of all kinds over polling',
    transports: ['polling'],
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.hear(socket, 'echo');
      const bytes = new Uint8Array([0, 1, 2, 253, 254, 255]);
      const values = [
        Buffer.from('text'),
        Buffer.alloc(0),
        bytes.buffer,
        bytes.subarray(2, 4),
        [bytes, { bytes }],
      ];
      for (const value of values) socket.emit('echo', value);
      await fixture.noted('heard echo', values.length);
    },
  },
  {
    name: 'forceBase64 over WebSocket',
    run: async (fixture) => {
      const socket = await fixture.connected('', { forceBase64: true });
      fixture.hear(socket, 'echo');
      socket.emit('echo', Buffer.from('text'), { deep: new Uint8Array([1]) });
      await fixture.noted('heard echo');
    },
  },
  {
    name: 'engine.binaryType sets the type of received binary values',
    run: async (fixture) => {
      const socket = fixture.io();
      socket.io.engine.binaryType = 'arraybuffer';
      fixture.hear(socket, 'echo');
      socket.emit('echo', Buffer.from('before'));
      await fixture.noted('heard echo');
      socket.io.engine.binaryType = 'nodebuffer' as never;
      socket.emit('echo', Buffer.from('after'));
      await fixture.noted('heard echo', 2);
    },
  },
  {
    name: 'a packet of the server with several attachments',
    run: async (fixture) => {
      const socket = await fixture.connected();
      fixture.hear(socket, 'file', 'after');
      const onServer = fixture.server.latest();
      onServer.emit('file', { name: 'a', parts: [Buffer.from('1'), Buffer.from('2')] }, Buffer.from('3'));
      onServer.emit('after');
      onServer.compress(false).emit('file', 'b');
      await fixture.noted('heard file', 2);
      onServer.volatile.emit('file', 'c');
      await fixture.noted('heard file', 3);
    },
  },
];
