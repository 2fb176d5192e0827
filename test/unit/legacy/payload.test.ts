import { describe, expect, it } from 'vitest';
import { isV3, toV3, toV4 } from '../../../src/plugins/legacy/payload.js';

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];

/** An octet-stream of a server of 1.x or 2.x. */
function octets(...packets: readonly (string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    packets.flatMap((packet) => {
      const isText = typeof packet === 'string';
      const body = isText ? bytesOf(packet) : packet;
      return [isText ? 0 : 1, ...[...String(body.length)].map(Number), 255, ...body];
    }),
  );
}

/** The same, read as text. */
const readAsText = (payload: Uint8Array): string => new TextDecoder().decode(payload);

describe('a text payload', () => {
  it('becomes packets with a separator between them', () => {
    expect(toV4('2:40')).toBe('40');
    expect(toV4('2:409:42["a:1"]1:6')).toBe('40\x1e42["a:1"]\x1e6');
  });

  it('counts UTF-16 units', () => {
    const message = '42["ü€😀"]';
    expect(toV4(`${message.length}:${message}1:3`)).toBe(`${message}\x1e3`);
  });

  it('may contain base64, whose type v4 omits', () => {
    expect(toV4('10:b4AQIDBAUG')).toBe('bAQIDBAUG');
    expect(toV4('2:405:b4AQ=3:42x')).toBe('40\x1ebAQ=\x1e42x');
  });

  it('can be read from bytes', () => {
    const message = '42["ü€"]';
    expect(toV4(new TextEncoder().encode(`${message.length}:${message}`))).toBe(message);
  });

  it('of v4 is unchanged', () => {
    for (const payload of ['0{"sid":"a"}', '40', '42["a"]\x1e2', 'bAQID', '2', '']) {
      expect(toV4(payload)).toBe(payload);
      expect(toV4(new TextEncoder().encode(payload))).toBe(payload);
    }
  });

  it.each(['2:40x', '2:40:', '0:', '2:400:', '2:40-1:a', '2:40x:a', '2:402', '5:40', '10:42["a"]'])(
    'that is invalid is rejected: %s',
    (payload) => {
      expect(() => toV4(payload)).toThrow('invalid payload');
    },
  );
});

describe('an octet-stream', () => {
  it('becomes packets with a separator between them', () => {
    expect(toV4(octets('0{"sid":"a"}', '40'))).toBe('0{"sid":"a"}\x1e40');
  });

  it('counts bytes', () => {
    expect(toV4(octets('42["ü€😀"]', '3'))).toBe('42["ü€😀"]\x1e3');
  });

  it('may contain bytes, whose first one is the packet type', () => {
    expect(toV4(octets('451-["a"]', [4, 0, 30, 255, 128], '2'))).toBe(
      `451-["a"]\x1eb${btoa('\0\x1e\xff\x80')}\x1e2`,
    );
    expect(toV4(octets([4]))).toBe('b');
  });

  it('that was read as text is read if it contains only text', () => {
    const mangled = readAsText(octets('0{"sid":"ü"}', '40', 'x'.repeat(123)));
    expect(mangled).toContain('\ufffd');
    expect(toV4(mangled)).toBe(`0{"sid":"ü"}\x1e40\x1e${'x'.repeat(123)}`);
  });

  it.each([
    ['that ends in a length', [0, 1]],
    ['that ends behind a type', [0]],
    ['with a length of other bytes', [0, 65, 255, 52]],
    ['that ends before its packet does', [0, 5, 255, 52, 48]],
    ['that ends before its bytes do', [1, 5, 255, 4, 1]],
    ['with a packet of a type that there is not', [0, 1, 255, 54, 7, 1, 255, 54]],
  ])('%s is rejected', (_, bytes) => {
    expect(() => toV4(Uint8Array.from(bytes))).toThrow('invalid payload');
  });
});

describe('the protocol version of a payload', () => {
  it('is recognised by its beginning', () => {
    for (const payload of ['2:40', '97:0{"sid"', octets('40'), readAsText(octets('40')), octets([4, 1])]) {
      expect(isV3(payload)).toBe(true);
    }
    for (const payload of ['0{"sid":"a"}', '42["1:2"]', '2', '', 'bAQID', '40{"sid":"1:2"}']) {
      expect(isV3(payload)).toBe(false);
      expect(isV3(new TextEncoder().encode(payload))).toBe(false);
    }
  });
});

describe('an outgoing payload', () => {
  it('is an octet-stream', () => {
    expect(toV3('40')).toEqual(octets('40'));
    expect(toV3('42["ü€😀"]\x1e2')).toEqual(octets('42["ü€😀"]', '2'));
  });

  it('prefixes bytes with the type of a message', () => {
    expect(toV3(`451-["a"]\x1eb${btoa('\0\xff')}\x1e1`)).toEqual(octets('451-["a"]', [4, 0, 255], '1'));
    expect(toV3('b')).toEqual(octets([4]));
  });

  it('is read back unchanged', () => {
    for (const payload of ['42["ü"]', `2\x1ebAQID\x1e42["${'x'.repeat(1_000)}"]`, 'b\x1e6']) {
      expect(toV4(toV3(payload))).toBe(payload);
    }
  });
});
