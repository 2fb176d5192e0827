/** The Engine.IO server, which decides which clients may open a session. */
import { HoldfastError } from '../platform/errors.js';
import { type Caller, Events } from './events.js';
import { type TestRequest, TestResponse } from './request.js';

/** Why a session was refused; the codes are those of a real server. */
export interface TestConnectionError {
  readonly code: number;
  readonly message: string;
  readonly req: TestRequest;
  readonly context: object;
}

/** The fault of a request. */
export interface Problem {
  readonly code: number;
  readonly message: string;
  readonly context: object;
  /** The status with which a middleware answered the request itself. */
  readonly status?: number;
}

/** The messages of a real server, by their codes. */
const MESSAGES = [
  'Transport unknown',
  'Session ID unknown',
  'Bad handshake method',
  'Bad request',
  'Forbidden',
  'Unsupported protocol version',
];

export const problem = (code: number, context: object = {}): Problem => ({
  code,
  message: MESSAGES[code] ?? '',
  context,
});

/** Decides which clients may open a session, like the option of a real server. */
export type AllowRequest = (
  request: TestRequest,
  done: (error: string | null | undefined, allowed: boolean) => void,
) => unknown;

/** An HTTP middleware, such as those of express. */
// biome-ignore lint/suspicious/noExplicitAny: those of express and of Node have types of their own
export type EngineMiddleware = (request: any, response: any, next: (error?: unknown) => void) => unknown;

/** `server.engine` for handlers. */
export class TestEngine extends Events {
  /** Creates session ids; a program may replace it. */
  generateId: (request: TestRequest) => string | Promise<string>;
  private readonly _middlewares: EngineMiddleware[] = [];

  constructor(
    private readonly _count: () => number,
    newId: () => string,
    private readonly _allow: AllowRequest | undefined,
    private readonly _call: Caller,
  ) {
    super();
    this.generateId = newId;
  }

  get clientsCount(): number {
    return this._count();
  }

  /**
   * Adds a middleware, which gets each request before Socket.IO does. It may end the response, which refuses the client.
   *
   * @throws HoldfastError `BAD_OPTION`
   */
  use(middleware: EngineMiddleware): void {
    if (typeof middleware !== 'function') {
      throw new HoldfastError(
        'BAD_OPTION',
        'server.engine.use(): accepted: a function (request, response, next)',
      );
    }
    this._middlewares.push(middleware);
  }

  /** @internal Runs the middlewares. `done` is called once, synchronously if none of them waits. */
  _pass(
    request: TestRequest,
    done: (found: Problem | undefined, headers: Record<string, string>) => void,
  ): void {
    let over = false;
    const end = (found?: Problem): void => {
      if (over) return;
      over = true;
      done(found, response._headers);
    };
    const response = new TestResponse((status, body) =>
      end({ code: -1, message: body || `HTTP ${status}`, context: {}, status }),
    );
    const step = (at: number): void => {
      const middleware = this._middlewares[at];
      if (!middleware) {
        end();
        return;
      }
      this._call('engine.use', () =>
        middleware(request, response, (error) => {
          if (error) end(problem(3, { name: 'MIDDLEWARE_FAILURE' }));
          else step(at + 1);
        }),
      );
    };
    step(0);
  }

  /** @internal Calls `allowRequest`, and creates the id of a new session. */
  _admit(request: TestRequest, done: (found: Problem | undefined, id: string) => void): void {
    const name = (): void => {
      const failed = (error: unknown): void => done(problem(3, { name: 'ID_GENERATION_ERROR', error }), '');
      try {
        const id = this.generateId(request);
        if (typeof id === 'string') done(undefined, id);
        else id.then((given) => done(undefined, given), failed);
      } catch (error) {
        failed(error);
      }
    };
    if (!this._allow) {
      name();
      return;
    }
    const { _allow: allow } = this;
    this._call('allowRequest', () =>
      allow(request, (error, allowed) => {
        if (allowed) name();
        else done(problem(4, { message: error }), '');
      }),
    );
  }

  /** @internal Reports a refused session. */
  _refused({ code, message, context, status }: Problem, req: TestRequest): void {
    if (status === undefined) this._fire('connection_error', [{ code, message, req, context }], this._call);
  }

  /** @internal Reports the headers of a response, to which a listener may add. */
  _answers(headers: Record<string, string>, request: TestRequest): void {
    if (request._query.sid === undefined) this._fire('initial_headers', [headers, request], this._call);
    this._fire('headers', [headers, request], this._call);
  }
}
