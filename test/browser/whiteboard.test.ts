import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { says, strike, useDemo } from '../support/demo.js';

/** The whiteboard: drawings and messages are the same for all users, whatever the network does. */

const fixture = useDemo();
/** Large enough to show everything, so that no stroke needs scrolling. */
const viewport = { width: 1280, height: 1500 };
let boards = 0;

async function visit(board: string): Promise<Page> {
  const page = await fixture.newPage({ viewport });
  await page.goto(`${fixture.demo.pageUrl}/whiteboard.html?board=${board}`);
  await page.locator('#pill[data-status="connected"]').waitFor();
  await page.locator('#people', { hasText: '(you)' }).waitFor();
  return page;
}

async function pair(): Promise<[Page, Page]> {
  boards += 1;
  const one = await visit(`board-${boards}`);
  const other = await visit(`board-${boards}`);
  await one.locator('#people li').nth(1).waitFor();
  return [one, other];
}

/** Draws a line at its own position; `place` counts from 0. */
async function draw(page: Page, place: number): Promise<void> {
  const { x, y, width, height } = (await page.locator('#board').boundingBox()) ?? expect.fail('no board');
  const left = x + (0.05 + 0.09 * (place % 10)) * width;
  const top = y + (0.1 + 0.15 * Math.floor(place / 10)) * height;
  await page.mouse.move(left, top);
  await page.mouse.down();
  await page.mouse.move(left + 0.06 * width, top + 0.1 * height, { steps: 4 });
  await page.mouse.up();
}

async function say(page: Page, text: string): Promise<void> {
  await page.fill('#say-text', text);
  await page.press('#say-text', 'Enter');
}

const saved = (page: Page, lines: number, timeout?: number): Promise<void> =>
  page.locator(`#saved[data-lines="${lines}"][data-waiting="0"]`).waitFor(timeout ? { timeout } : {});

const picture = (page: Page): Promise<string> =>
  page.locator('#paper').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

const said = (page: Page): Promise<string[]> => page.locator('#messages p > span').allTextContents();

/** Recovery from the slowest fault takes about ten seconds, and longer on a busy machine. */
const recoveryMs = 40_000;

describe('the whiteboard', () => {
  test('shows every user’s drawings to everyone, and who is present', async () => {
    const [one, other] = await pair();
    await one.getByRole('radio', { name: 'Blue' }).check();
    await one.getByRole('radio', { name: 'Bold' }).check();
    await draw(one, 0);
    await Promise.all([saved(one, 1), saved(other, 1)]);
    expect(await picture(other)).toBe(await picture(one));
    await other.locator('#cursors p').waitFor();
  });

  test('shows an unfinished line and the other user’s pen', async () => {
    const [one, other] = await pair();
    const empty = await picture(other);
    const { x, y, width, height } = (await one.locator('#board').boundingBox()) ?? expect.fail('no board');
    await one.mouse.move(x + width / 3, y + height / 3);
    await one.mouse.down();
    await one.mouse.move(x + width / 2, y + height / 2, { steps: 10 });
    await other.waitForFunction((before) => {
      const paper = document.querySelector('#paper') as HTMLCanvasElement;
      return paper.toDataURL() !== before;
    }, empty);
    expect(await other.locator('#saved').getAttribute('data-lines')).toBe('0');
    await other.locator('#cursors p').waitFor();
    await one.keyboard.press('Escape');
    await one.mouse.up();
    await one.mouse.move(x + width / 4, y + height / 4);
    await other.waitForFunction((before) => {
      const paper = document.querySelector('#paper') as HTMLCanvasElement;
      return paper.toDataURL() === before;
    }, empty);
    expect(await one.locator('#saved').getAttribute('data-lines')).toBe('0');
  });

  test('undoes a user’s last line, and clears the board for everyone', async () => {
    const [one, other] = await pair();
    await draw(one, 0);
    await saved(other, 1);
    await draw(other, 1);
    await saved(one, 2);
    const before = await picture(one);
    await one.getByRole('button', { name: 'Undo my last line' }).click();
    await Promise.all([saved(one, 1), saved(other, 1)]);
    expect(await picture(one)).not.toBe(before);
    expect(await picture(other)).toBe(await picture(one));
    await one.getByRole('button', { name: 'Clear the board' }).click();
    await Promise.all([saved(one, 0), saved(other, 0)]);
  });

  test('supports drawing with the keyboard only', async () => {
    const [one, other] = await pair();
    await one.locator('#board').focus();
    for (const key of [' ', 'Shift+ArrowRight', 'ArrowDown', ' ']) await one.keyboard.press(key);
    await Promise.all([saved(one, 1), saved(other, 1)]);
    await one.keyboard.press('Control+z');
    await saved(other, 0);
    await one.keyboard.press(' ');
    await one.keyboard.press('ArrowLeft');
    await one.keyboard.press('Escape');
    await one.keyboard.press(' ');
    expect(await one.locator('#saved').getAttribute('data-lines')).toBe('0');
  });

  test('shows earlier drawings and messages to users who join later', async () => {
    const [one] = await pair();
    await draw(one, 0);
    await say(one, 'No one is here yet');
    await saved(one, 1);
    await one.locator('#messages[data-waiting="0"]').waitFor();
    const late = await visit(`board-${boards}`);
    await saved(late, 1);
    await says(late.locator('#messages'), 'No one is here yet');
    expect(await picture(late)).toBe(await picture(one));
  });

  test('keeps boards separate', async () => {
    const [one] = await pair();
    const [outsider] = await pair();
    await draw(one, 0);
    await say(one, 'Only here');
    await one.locator('#messages[data-waiting="0"]').waitFor();
    await draw(outsider, 1);
    await Promise.all([saved(one, 1), saved(outsider, 1)]);
    expect(await said(outsider)).toEqual([]);
  });

  test('shows a changed name to everyone', async () => {
    const [one, other] = await pair();
    await one.fill('#name', 'Joan');
    await one.press('#name', 'Tab');
    await other.locator('#people li', { hasText: 'Joan' }).waitFor();
  });

  test('keeps messages that were written while the server was stopped, also across a reload', async () => {
    const [one, other] = await pair();
    await strike(one, 'stop');
    await one.locator('#pill:not([data-status="connected"])').waitFor();
    await say(one, 'first');
    await say(one, 'second');
    await one.locator('#messages[data-waiting="2"]').waitFor();
    await one.locator('label', { hasText: 'Inspector' }).click();
    await one.getByRole('tab', { name: 'Namespaces' }).click();
    await one.getByText('Durable outbox: 2 messages waiting').waitFor();
    const row = one.locator('.stored tbody tr').first();
    expect(await row.locator('td, th').allTextContents()).toEqual([
      'say',
      '/chat',
      expect.stringMatching(/^\d.* m?s$/),
      '0',
      expect.stringMatching(/^\d+ B$/),
      'database',
    ]);
    await one.reload();
    await one.locator('#messages[data-waiting="2"]').waitFor();
    expect(await said(one)).toEqual(['first', 'second']);
    await fixture.demo.control('heal');
    for (const page of [one, other]) {
      await page
        .locator('#messages[data-waiting="0"] p')
        .nth(1)
        .waitFor({ state: 'attached', timeout: recoveryMs });
      expect(await said(page)).toEqual(['first', 'second']);
    }
  });

  test('loses and duplicates nothing while every fault is injected in turn', {
    timeout: 400_000,
  }, async () => {
    interface Fault {
      readonly id: string;
      readonly lasts: number | 'switch';
      readonly page?: 'sleep';
    }
    const { faults } = (await (await fetch(`${fixture.demo.pageUrl}/api/config`)).json()) as {
      faults: Fault[];
    };
    const pages = await pair();
    const [one] = pages;
    const texts: string[] = [];

    for (const [index, { id, lasts, page: asleep }] of faults.entries()) {
      await strike(one, id);
      for (const [who, page] of pages.entries()) {
        await draw(page, index * 2 + who);
        texts.push(`${who === 0 ? 'one' : 'other'} during ${id}`);
        await say(page, texts.at(-1) ?? '');
      }
      // Ends faults here that a visitor would wait out.
      const held = one.locator(`[data-fault="${id}"][aria-pressed="true"]`);
      const endless = lasts === 'switch' && ['stop', 'ws-silent'].includes(id);
      if (endless || (lasts !== 'switch' && lasts > 2_000 && !asleep)) {
        if (await held.isVisible()) await held.click();
      }
      const lines = (index + 1) * 2;
      await Promise.all(pages.map((page) => saved(page, lines, recoveryMs))).catch((cause: unknown) => {
        throw new Error(`Not everything was saved after ${id}.`, { cause });
      });
      if (lasts === 'switch' && (await held.isVisible())) await held.click();
    }

    for (const page of pages) {
      await page
        .locator(`#messages[data-waiting="0"] p:nth-child(${texts.length})`)
        .waitFor({ timeout: recoveryMs });
      expect([...(await said(page))].sort()).toEqual([...texts].sort());
    }
    const [first, second] = pages;
    expect(await said(second)).toEqual(await said(first));
    expect(await picture(second)).toBe(await picture(first));
    // A new page shows what the server has stored.
    const late = await visit(`board-${boards}`);
    await saved(late, faults.length * 2);
    expect(await picture(late)).toBe(await picture(first));
    expect(await said(late)).toEqual(await said(first));
  });
});

describe('tabs that share one connection', () => {
  test('keep drawing, and lose nothing, when the tab that has the connection is killed', async () => {
    boards += 1;
    const context = (await fixture.newPage({ viewport })).context();
    const open = async (): Promise<Page> => {
      const page = await context.newPage();
      await page.goto(`${fixture.demo.pageUrl}/whiteboard.html?board=board-${boards}&shared`);
      await page.locator('#pill[data-status="connected"]').waitFor();
      return page;
    };
    const one = await open();
    await one.locator('#tabs-role[data-role="leader"]').waitFor();
    const other = await open();
    await other.locator('#tabs-role[data-role="follower"]').waitFor();
    await draw(one, 0);
    await saved(other, 1);
    await other.bringToFront();
    await draw(other, 1);
    await other.click('#kill');
    await draw(other, 2);
    await one.waitForURL('**/killed.html');
    await other.locator('#tabs-role[data-role="leader"]').waitFor({ timeout: recoveryMs });
    await saved(other, 3, recoveryMs);
    const third = await open();
    await saved(third, 3, recoveryMs);
  });
});
