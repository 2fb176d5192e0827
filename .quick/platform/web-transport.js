function openWebTransport(url, options) {
  const {WebTransport} = globalThis;
  if (!WebTransport) throw new Error("no WebTransport");
  return new WebTransport(url, options);
}

export { openWebTransport };
