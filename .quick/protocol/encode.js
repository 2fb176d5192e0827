import { attempt } from "../platform/attempt.js";

import { HoldfastError } from "../platform/errors.js";

import { takeOut } from "./binary.js";

import { EVENT, ACK, isObject, CONNECT, BINARY_EVENT } from "./packet.js";

const sizeOf = chunk => "string" == typeof chunk ? chunk.length : chunk?.byteLength ?? chunk?.size ?? 0;

function weigh(chunks) {
  let bytes = 0;
  for (const chunk of chunks) bytes += sizeOf(chunk);
  return bytes;
}

function encode(packet, of, maxAttachments = 1 / 0) {
  const {type, nsp, data} = packet;
  const chunks = [ "" ];
  let json = "";
  let at = 0;
  try {
    if (type === EVENT || type === ACK) {
      for (;at < data.length; at++) {
        const value = data[at];
        const part = JSON.stringify(isObject(value) ? takeOut(value, "", chunks, 0) : value) ?? "null";
        json += at > 0 ? `,${part}` : part;
      }
      json = `[${json}]`;
    } else void 0 !== data && (json = JSON.stringify(data) ?? "");
  } catch (cause) {
    throw unserializable(packet, of, type === CONNECT ? -1 : at, cause);
  }
  const attachments = chunks.length - 1;
  if (attachments > maxAttachments) {
    const what = describe(packet, of);
    throw new HoldfastError("TOO_LARGE", `${what} has over ${maxAttachments} attachments`);
  }
  const {id} = packet;
  chunks[0] = (attachments > 0 ? `${type + BINARY_EVENT - EVENT}${attachments}-` : type) + ("/" === nsp ? "" : `${nsp},`) + (id ?? "") + json;
  return chunks;
}

function unserializable(packet, of, at, cause) {
  const argument = at < 0 ? "" : `argument ${packet.type === EVENT ? at : at + 1} of `;
  return new HoldfastError("UNSERIALIZABLE", `${argument}${describe(packet, of)} cannot be sent`, cause);
}

function describe(packet, of) {
  return of || (packet.type === EVENT ? `"${textOf(() => packet.data[0])}"` : packet.type === ACK ? "the acknowledgement" : "auth");
}

const textOf = read => attempt(() => `${read()}`) ?? "";

export { encode, sizeOf, unserializable, weigh };
