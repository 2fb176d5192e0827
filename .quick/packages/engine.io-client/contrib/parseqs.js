function encode(obj) {
  let str = "";
  for (let i in obj) if (obj.hasOwnProperty(i)) {
    str.length && (str += "&");
    str += encodeURIComponent(i) + "=" + encodeURIComponent(obj[i]);
  }
  return str;
}

export { encode };
