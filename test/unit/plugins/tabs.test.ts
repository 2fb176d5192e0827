import { expect, test } from 'vitest';
import { TabSite } from '../../support/tab-site.js';

const ask = { reply: 'at once' as const, pad: '' };

test('two tabs share one connection, and acknowledgements go to the tab that asked', async () => {
  const site = new TabSite();
  const a = site.open();
  await site.browser.pass(100);
  expect(a.socket.connected).toBe(true);
  expect(a.manager.sharing?.role).toBe('leader');
  const b = site.open();
  await site.browser.pass(20);
  expect(b.socket.connected).toBe(true);
  expect(b.manager.sharing?.role).toBe('follower');
  expect(site.sessions).toBe(1);
  expect(b.socket.id).toBe(a.socket.id);
  const answers: unknown[] = [];
  a.socket.emit('e', { id: 1, ...ask }, (answer: unknown) => answers.push(['a', answer]));
  b.socket.emit('e', { id: 2, ...ask }, (answer: unknown) => answers.push(['b', answer]));
  b.socket.emit('e', { id: 3, ...ask }, (answer: unknown) => answers.push(['b', answer]));
  await site.browser.pass(100);
  expect(answers).toEqual([
    ['a', 1],
    ['b', 2],
    ['b', 3],
  ]);
  for (const room of site.server.rooms) room.tell('/', 7);
  await site.browser.pass(100);
  expect(a.log.filter(([name]) => name === 'news').length).toBe(1);
  expect(b.log.filter(([name]) => name === 'news').length).toBe(1);
  site.crash(a);
  b.socket.emit('e', { id: 4, ...ask }, (answer: unknown) => answers.push(['b', answer]));
  await site.browser.pass(500);
  expect(answers.at(-1)).toEqual(['b', 4]);
  expect(b.manager.sharing?.role).toBe('leader');
  expect(site.complaints).toEqual([]);
});

test('a leader that hangs is replaced', async () => {
  const site = new TabSite();
  const a = site.open();
  await site.browser.pass(100);
  const b = site.open();
  await site.browser.pass(100);
  a.tab.hang();
  site.browser.log.length = 0;
  const answers: unknown[] = [];
  b.socket.emit('e', { id: 4, ...ask }, (answer: unknown) => answers.push(answer));
  await site.browser.pass(4_000);
  expect(answers).toEqual([4]);
  a.tab.wake();
  await site.browser.pass(100);
  expect(a.manager.sharing?.role).toBe('follower');
  expect(a.socket.connected).toBe(true);
  expect(site.sessions).toBe(1);
  expect(site.delivered.length).toBe(1);
});
