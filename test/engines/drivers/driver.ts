/** A browser driven by tests: the few operations they need, for every engine. */
export interface Driver {
  /** The engine's name and version. */
  readonly name: string;
  readonly version: string;
  /** Loads a page. */
  open(url: string): Promise<void>;
  /** Evaluates an expression in the page; its value must be JSON, and Promises are not awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** The size of the page, in CSS pixels. */
  resize(width: number, height: number): Promise<void>;
  /** A PNG of the visible part of the page. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}
