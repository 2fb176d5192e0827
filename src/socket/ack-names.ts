/** For messages of the development build: what waits for an acknowledgement, by its callback. A message that was sent has no name any more. */
export interface AckName {
  readonly event: string;
  /** What to do if the wait is the fault. */
  readonly advice: string;
}

export const ackNames: WeakMap<object, AckName> = /* @__PURE__ */ new WeakMap();
