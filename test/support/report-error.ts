import { afterEach, beforeEach, expect, type Mock, onTestFinished, vi } from 'vitest';

/** A stub of the global `reportError`, which receives what listeners throw. */

type ReportError = Mock<(error: unknown) => void>;

/** Replaces `reportError` until the end of the running test. */
export function stubReportError(): ReportError {
  const reported: ReportError = vi.fn();
  vi.stubGlobal('reportError', reported);
  onTestFinished(() => {
    vi.unstubAllGlobals();
  });
  return reported;
}

/**
 * Replaces `reportError` in every test of a file; call it at the top of the file.
 *
 * @param expectNone fails a test that leaves an unexpected report behind
 */
export function useReportError({ expectNone = false }: { readonly expectNone?: boolean } = {}): ReportError {
  const reported: ReportError = vi.fn();
  beforeEach(() => {
    vi.stubGlobal('reportError', reported);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    const calls = [...reported.mock.calls];
    reported.mockReset();
    if (expectNone) expect(calls).toEqual([]);
  });
  return reported;
}
