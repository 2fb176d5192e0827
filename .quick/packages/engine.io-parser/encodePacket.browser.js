import { PACKET_TYPES } from "./commons.js";

const withNativeBlob = "function" == typeof Blob || "undefined" != typeof Blob && "[object BlobConstructor]" === Object.prototype.toString.call(Blob);

const encodePacket = ({type, data}, supportsBinary, callback) => {
  return withNativeBlob && data instanceof Blob ? supportsBinary ? callback(data) : encodeBlobAsBase64(data, callback) : data instanceof ArrayBuffer || (obj = data, 
  ArrayBuffer.isView(obj)) ? supportsBinary ? callback(data) : encodeBlobAsBase64(new Blob([ data ]), callback) : callback(PACKET_TYPES[type] + (data || ""));
  var obj;
};

const encodeBlobAsBase64 = (data, callback) => {
  const fileReader = new FileReader;
  fileReader.onload = function() {
    const content = fileReader.result.split(",")[1];
    callback("b" + (content || ""));
  };
  return fileReader.readAsDataURL(data);
};

export { encodePacket };
