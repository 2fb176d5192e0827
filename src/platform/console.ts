/** Writes one line to the console, where the browser's own filter finds it. */
export function printLine(line: string): void {
  // biome-ignore lint/suspicious/noConsole: this is what `debug` is for
  console.log(line);
}
