const LEGACY = "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible";

const helpOf = code => `https://unpkg.com/holdfast/docs/errors.md#${code.toLowerCase()}`;

class HoldfastError extends Error {
  constructor(code, message, cause) {
    super(message);
    this.code = code;
    void 0 !== cause && (this.cause = cause);
  }
  get help() {
    return helpOf(this.code);
  }
}

class ConnectionError extends HoldfastError {
  constructor(message, attempts, cause) {
    super(message === LEGACY ? "LEGACY_SERVER" : "NEGOTIATION_FAILED", message, cause);
    const {type, description, context, attempts: own} = cause ?? {};
    this.attempts = own ?? attempts;
    type && (this.type = type);
    this.description = description;
    this.context = context;
  }
}

export { ConnectionError, HoldfastError, LEGACY, helpOf };
