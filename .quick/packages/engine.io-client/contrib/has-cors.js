let value = !1;

try {
  value = "undefined" != typeof XMLHttpRequest && "withCredentials" in new XMLHttpRequest;
} catch (err) {}

const hasCORS = value;

export { hasCORS };
