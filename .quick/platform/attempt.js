function attempt(use) {
  try {
    return use();
  } catch {
    return;
  }
}

export { attempt };
