/**
 * The processor time that `task` takes, in milliseconds: the minimum of a few runs. Unlike wall-clock time, it does not grow on a
 * machine that is busy with other things.
 */
export function cpuTimeMs(task: () => void, runs = 3): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const before = process.cpuUsage();
    task();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}
