"""The application of application.ts, on python-socketio. Exits when its standard input closes."""
import asyncio
import json
import os
import sys
import threading
from urllib.parse import parse_qsl

import socketio
from aiohttp import web

settings = json.loads(sys.argv[1])
sio = socketio.AsyncServer(
    async_mode='aiohttp',
    cookie='io',
    cors_allowed_origins='*',
    ping_interval=settings.get('pingInterval', 25000) / 1000,
    ping_timeout=settings.get('pingTimeout', 20000) / 1000,
)
records = {}


def kind_of(value):
    if isinstance(value, (bytes, bytearray)):
        return 'binary ' + value.hex()
    if isinstance(value, list):
        return [kind_of(one) for one in value]
    if isinstance(value, dict):
        return {name: kind_of(one) for name, one in value.items()}
    return value


class Application(socketio.AsyncNamespace):
    """One namespace. Replaces spaces in event names, which Python method names cannot have."""

    def __init__(self, name):
        super().__init__(name)
        self.clients = {}

    async def trigger_event(self, event, *args):
        return await super().trigger_event(event.replace(' ', '_'), *args)

    async def on_connect(self, sid, environ, auth=None):
        query = dict(parse_qsl(environ['QUERY_STRING']))
        token = (auth or {}).get('token', query.get('token'))
        if self.namespace == '/' and query.get('admission') == 'refused':
            raise socketio.exceptions.ConnectionRefusedError('no admission')
        if self.namespace == '/' and query.get('admission') == 'slow':
            await asyncio.sleep(0.06)
        if self.namespace == '/guarded' and token != 'right':
            details = [{'code': 'E_TOKEN'}] if token == 'with data' else []
            raise socketio.exceptions.ConnectionRefusedError('not you', *details)
        headers = {name.lower(): value for name, value in environ['aiohttp.request'].headers.items()}
        record = records.setdefault(
            query.get('client', ''), {'created': {}, 'connected': {}, 'numbers': [], 'disconnectReasons': {}}
        )
        self.clients[sid] = {'record': record, 'query': query, 'headers': headers, 'auth': auth or {}, 'asked': 0}
        record['created'].setdefault(self.namespace, []).append(sid)
        record['connected'][self.namespace] = record['connected'].get(self.namespace, 0) + 1
        await self.emit('hello', (sid, self.namespace), to=sid)

    async def on_disconnect(self, sid):
        client = self.clients.pop(sid, None)
        if client is not None:
            client['record']['connected'][self.namespace] -= 1
            client['record']['disconnectReasons'].setdefault(self.namespace, []).append('disconnected')

    def on_number(self, sid, number):
        self.clients[sid]['record']['numbers'].append(number)
        return number

    def on_record(self, sid):
        return self.clients[sid]['record']

    async def on_message(self, sid, *words):
        await self.send(words, to=sid)

    async def on_say(self, sid, *words):
        await self.emit('said', words, to=sid)

    def on_echo(self, sid, *args):
        return args

    def on_kinds(self, sid, *args):
        return tuple(kind_of(one) for one in args)

    async def on_count_to(self, sid, end):
        for number in range(end):
            await self.emit('number', number, to=sid)

    async def on_ask_me(self, sid, event, *args):
        return await self.server.call(event, args, to=sid, namespace=self.namespace, timeout=10)

    def on_never_answered(self, sid):
        return self.server.not_handled

    def on_third_time_lucky(self, sid):
        client = self.clients[sid]
        client['asked'] += 1
        return client['asked'] if client['asked'] >= 3 else self.server.not_handled

    def on_describe(self, sid):
        client = self.clients[sid]
        return {'id': sid, 'query': client['query'], 'headers': client['headers'], 'auth': client['auth']}

    async def on_disconnect_me(self, sid):
        await self.disconnect(sid)

    async def on_close_my_connection(self, sid):
        await sio.eio.disconnect(sio.manager.eio_sid_from_sid(sid, self.namespace))

    def on_join(self, sid, room):
        self.enter_room(sid, room)

    def on_leave(self, sid, room):
        self.leave_room(sid, room)

    async def on_tell_everyone(self, sid, *words):
        await self.emit('told', words)

    async def on_tell_the_others(self, sid, *words):
        await self.emit('told', words, skip_sid=sid)

    async def on_tell_the_room(self, sid, room, *words):
        await self.emit('told', words, room=room)

    async def on_tell_the_others_in_the_room(self, sid, room, *words):
        await self.emit('told', words, room=room, skip_sid=sid)


class CompleteBody:
    """A request body that has arrived completely: python-engineio reads once, and takes whatever is there."""

    def __init__(self, body):
        self.body = body

    async def read(self, length):
        return self.body


@web.middleware
async def read_complete_bodies(request, handler):
    request._payload = CompleteBody(await request.read())
    return await handler(request)


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


for namespace in ['/', '/second', '/hall', '/odd.name-1/a:b(c)', '/with space & ümlaut', '/guarded']:
    sio.register_namespace(Application(namespace))
app = web.Application(middlewares=[read_complete_bodies])
sio.attach(app, socketio_path=settings.get('path', '/socket.io').strip('/'))
threading.Thread(target=end_with_parent, daemon=True).start()
web.run_app(app, host='127.0.0.1', port=settings['port'], print=lambda *_: print('ready', flush=True), access_log=None)
