import { isBinary } from "./binary.js";

import { sizeOf } from "./encode.js";

import { isObject, invalid, ProtocolError, BINARY_EVENT, checkPacket } from "./packet.js";

class Decoder {
  constructor(_maxAttachments, _maxBytes = 1 / 0) {
    this._ez = _maxAttachments;
    this._k = _maxBytes;
  }
  add(chunk) {
    const pending = this._E;
    this._E = void 0;
    const isText = "string" == typeof chunk;
    if (isText ? pending : !pending || !isObject(chunk) || !isBinary(chunk)) throw invalid("");
    const parts = pending ?? parse(chunk);
    const {type, _tw: _json, _ee: _count, _ea: _attachments} = parts;
    parts._p += sizeOf(chunk);
    if (parts._p > this._k) throw new ProtocolError("maxReceivedBytes");
    if (_count > this._ez) throw new ProtocolError("maxAttachments");
    isText || _attachments.push(chunk);
    if (_attachments.length < _count) {
      this._E = parts;
      return;
    }
    const putBack = (_key, value) => {
      if (!0 !== value?._placeholder) return value;
      const {num} = value;
      const attachment = "number" == typeof num && _attachments[num];
      if (!attachment) throw invalid();
      _attachments[num] = void 0;
      return attachment;
    };
    try {
      _json && (parts.data = JSON.parse(_json, type < BINARY_EVENT ? void 0 : putBack));
    } catch {
      throw invalid("");
    }
    for (const unused of _attachments) if (unused) throw invalid("");
    return checkPacket(parts);
  }
  reset() {
    this._E = void 0;
  }
}

const HEAD = /^(?:([0-4])|([56])(\d+)-)(?:(\/[^,]*),?)?(\d+)?/;

function parse(text) {
  const found = HEAD.exec(text);
  if (!found) throw invalid("");
  const [head, plain, binary, count, nsp, id] = found;
  return {
    type: Number(plain ?? binary),
    nsp,
    id: void 0 === id ? id : Number(id),
    _tw: text.slice(head.length),
    _ee: Number(count ?? 0),
    _ea: [],
    _p: 0
  };
}

export { Decoder };
