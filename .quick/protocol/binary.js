import { isObject } from "./packet.js";

const {hasOwnProperty: hasOwn, toString: tagOf} = Object.prototype;

const isBinary = value => ArrayBuffer.isView(value) || "function" == typeof value.slice && (value instanceof ArrayBuffer || "function" == typeof Blob && value instanceof Blob || /(ArrayBuffer|Blob|File)]$/.test(tagOf.call(value)));

function sendable(value) {
  const {byteOffset, byteLength} = value;
  if (void 0 === byteLength) {
    const whole = Blob.prototype.slice.call(value);
    return value instanceof Blob ? value : new Blob([ whole ]);
  }
  const memory = ArrayBuffer.isView(value) ? value.buffer : value;
  const bytes = new Uint8Array(memory, byteOffset, byteLength);
  if (bytes.buffer !== memory) throw new TypeError("not a buffer");
  return memory instanceof ArrayBuffer && !memory.resizable ? value : new Uint8Array(bytes);
}

function takeOut(value, key, chunks, depth, above) {
  let copy;
  let item;
  let json;
  const isList = Array.isArray(value);
  if (!isList) {
    if (isBinary(value)) return {
      _placeholder: !0,
      num: chunks.push(sendable(value)) - 2,
      toJSON: void 0
    };
    if (void 0 !== key && "function" == typeof value.toJSON) {
      item = value.toJSON(`${key}`);
      json = isObject(item) ? takeOut(item, void 0, chunks, depth, above) : item;
      return json === item ? value : json;
    }
  }
  if (value === above) throw new TypeError("it is circular");
  depth & depth - 1 || (above = value);
  depth++;
  if (isList) {
    for (key = 0; key < value.length; key++) {
      item = value[key];
      if (isObject(item)) {
        json = takeOut(item, key, chunks, depth, above);
        if (json !== item) {
          copy ??= [].concat(value);
          copy[key] = json;
        }
      }
    }
    return copy ?? value;
  }
  for (key in value) {
    item = value[key];
    if (isObject(item) && hasOwn.call(value, key)) {
      json = takeOut(item, key, chunks, depth, above);
      if (json !== item) {
        copy ??= {
          ...value
        };
        copy[key] = json;
      }
    }
  }
  copy && "function" == typeof copy.toJSON && (copy.toJSON = void 0);
  return copy ?? value;
}

export { isBinary, takeOut };
