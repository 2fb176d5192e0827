/** Stub until the platform branch is merged. */
export class CookieJar {
  readonly cookies: Map<string, { value: string }> = new Map();
  appendTo(_headers: Record<string, string>): void {}
  take(_lines: readonly string[]): void {}
}
