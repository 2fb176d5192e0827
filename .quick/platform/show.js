function show(value) {
  if ("string" == typeof value) return JSON.stringify(value);
  try {
    return Array.isArray(value) ? `[${value.map(show).join(", ")}]` : String(value);
  } catch {
    return typeof value;
  }
}

export { show };
