function backoffMs({baseMs, maxMs, jitter}, failures, afterStable, random) {
  return afterStable ? Math.min(baseMs, maxMs) * random() : Math.min(maxMs, baseMs * 2 ** Math.min(failures, 52)) * (1 - jitter * random());
}

export { backoffMs };
