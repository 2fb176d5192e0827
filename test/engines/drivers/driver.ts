/** A browser that tests drive: just what they need, of whichever kind it is. */
export interface Driver {
  /** The engine's name and version. */
  readonly name: string;
  readonly version: string;
  /** Loads a page. */
  open(url: string): Promise<void>;
  /** Evaluates an expression in the page; what it comes to must be JSON, and is not waited for. */
  evaluate(expression: string): Promise<unknown>;
  /** The size of the page, in CSS pixels. */
  resize(width: number, height: number): Promise<void>;
  /** A PNG of what is to be seen of the page. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}
