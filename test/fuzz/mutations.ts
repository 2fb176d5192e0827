import type { Frame } from './network.js';
import type { Random } from './random.js';

/** Mutations of a frame on its way. Each returns the frames to deliver instead. */
export type Mutation = (frame: Frame, random: Random, next: Frame | undefined) => readonly Frame[];

const SPECIAL = [
  ...'0123456789-,/[]{}":\\b \x1e\0\x7fÿ\ud800\u{1f600}'.split(''),
  '/a,',
  '/b,',
  '//',
  '[[',
  '{"',
];
const NUMBERS = [
  '-1',
  '0',
  '00',
  '1e309',
  '-1e309',
  '1.5',
  'NaN',
  'Infinity',
  '4294967296',
  '9007199254740993',
  '-0',
  '99999999999999999999999',
  '0x10',
  '1e-400',
  '10001',
  '2147483648',
];
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'toJSON',
  'connect',
  'disconnect',
  'connect_error',
  'newListener',
  '_placeholder',
  '',
];
const VALUES = [
  'null',
  'true',
  '0',
  '-1',
  '"x"',
  '""',
  '{}',
  '[]',
  '[null]',
  '[{}]',
  '[[]]',
  '[0]',
  '[1,2]',
  '["connect"]',
  '{"__proto__":{"polluted":1}}',
  '["news",{"__proto__":{"polluted":1}}]',
  '["news",{"constructor":{"prototype":{"polluted":1}}}]',
  '{"sid":{}}',
  '{"sid":"__proto__","pid":[]}',
  '{"message":{"__proto__":1}}',
  '["news",{"_placeholder":true,"num":0}]',
  '["news",{"_placeholder":true,"num":-1}]',
  '["news",{"_placeholder":true,"num":"__proto__"}]',
  '["news",{"_placeholder":true,"num":1e9}]',
  '{"length":4294967295}',
  '["__proto__",1]',
];
const SPACES = [
  '/',
  '/a',
  '/b',
  '/c',
  '/__proto__',
  '/constructor',
  '//',
  '/a/b',
  '/a?x=1',
  `/${'n'.repeat(300)}`,
];

/** Applies `edit` to a text, or to the characters that represent the bytes of a binary frame. */
const edited = (frame: Frame, edit: (text: string) => string): readonly Frame[] =>
  typeof frame === 'string' ? [edit(frame)] : [Buffer.from(edit(frame.toString('latin1')), 'latin1')];

const replaceAt = (text: string, from: number, to: number, by: string): string =>
  text.slice(0, from) + by + text.slice(to);

/** Replaces one of the matches. */
function replaceOne(text: string, pattern: RegExp, by: string, random: Random): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return text + by;
  const { index, 0: found } = random.pick(matches);
  return replaceAt(text, index, index + found.length, by);
}

/** The payload begins at the first bracket that is not part of a namespace. */
const payloadAt = (text: string): number => {
  const at = text.search(/[[{"]/);
  return at < 0 ? text.length : at;
};

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'flip a bit': (frame, random) =>
    edited(frame, (text) => {
      const at = random.below(text.length);
      return replaceAt(
        text,
        at,
        at + 1,
        String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << random.below(8))),
      );
    }),
  'change a character': (frame, random) =>
    edited(frame, (text) => {
      const at = random.below(text.length);
      return replaceAt(text, at, at + 1, random.pick(SPECIAL));
    }),
  'insert characters': (frame, random) =>
    edited(frame, (text) => {
      const at = random.below(text.length + 1);
      return replaceAt(text, at, at, random.pick(SPECIAL).repeat(1 + random.below(3)));
    }),
  'delete a range': (frame, random) =>
    edited(frame, (text) => {
      const at = random.below(text.length);
      return replaceAt(text, at, at + 1 + random.below(4), '');
    }),
  'duplicate a range': (frame, random) =>
    edited(frame, (text) => {
      const at = random.below(text.length);
      const end = at + 1 + random.below(12);
      return replaceAt(text, end, end, text.slice(at, end));
    }),
  truncate: (frame, random) => edited(frame, (text) => text.slice(0, random.below(text.length))),
  'drop the frame': () => [],
  'repeat the frame': (frame, random) => Array<Frame>(2 + random.below(3)).fill(frame),
  'splice with the next frame': (frame, random, next) =>
    edited(frame, (text) => {
      const other = typeof next === 'string' ? next : text;
      return text.slice(0, random.below(text.length)) + other.slice(random.below(other.length));
    }),
  'another namespace': (frame, random) =>
    edited(frame, (text) =>
      text.replace(/^(4(?:[0-4]|[56]\d+-))(?:\/[^,]*,)?/, (_, head) => `${head}${random.pick(SPACES)},`),
    ),
  'another number': (frame, random) =>
    edited(frame, (text) => replaceOne(text, /-?\d+(?:\.\d+)?/g, random.pick(NUMBERS), random)),
  'another name': (frame, random) =>
    edited(frame, (text) => replaceOne(text, /"[^"]*"/g, JSON.stringify(random.pick(NAMES)), random)),
  'another payload': (frame, random) =>
    edited(frame, (text) => text.slice(0, payloadAt(text)) + random.pick(VALUES)),
  'another value in the payload': (frame, random) =>
    edited(frame, (text) => replaceOne(text, /"[^"]*"|\d+|null|true/g, random.pick(VALUES), random)),
  'no payload': (frame) => edited(frame, (text) => text.slice(0, payloadAt(text))),
  'another type of the engine': (frame, random) =>
    edited(frame, (text) => random.pick([...'0123456789b']) + text.slice(1)),
  'another type of packet': (frame, random) =>
    edited(frame, (text) => text.slice(0, 1) + random.pick([...'0123456789']) + text.slice(2)),
  'another count of attachments': (frame, random) =>
    edited(frame, (text) =>
      text.replace(/^4[0-6](\d+-)?/, `4${random.pick(['5', '6'])}${random.pick(NUMBERS)}-`),
    ),
  'deep nesting': (frame, random) => {
    const depth = random.chance(0.02) ? 20_000 : 1 + random.below(60);
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    const closing = random.chance(0.7) ? close.repeat(depth) : '';
    return edited(frame, (text) =>
      replaceOne(text, /"[^"]*"|\d+/g, `${open.repeat(depth)}1${closing}`, random),
    );
  },
  'a long text': (frame, random) =>
    edited(frame, (text) => replaceOne(text, /"[^"]*"/g, `"${random.pick(SPECIAL).repeat(2_000)}"`, random)),
  'binary where text is due, or text where binary is': (frame) => [
    typeof frame === 'string' ? Buffer.from(frame) : `4${frame.toString('latin1')}`,
  ],
  'nothing at all': (frame) => [typeof frame === 'string' ? '' : Buffer.alloc(0)],
};
