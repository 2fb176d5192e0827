/** The server below Socket.IO: who may open a session at all. */
import { HoldfastError } from '../platform/errors.js';
import { type Caller, Events } from './events.js';
import { type TestRequest, TestResponse } from './request.js';

/** Why a client was not let in below Socket.IO; the codes are those of a real server. */
export interface TestConnectionError {
  readonly code: number;
  readonly message: string;
  readonly req: TestRequest;
  readonly context: object;
}

/** What is wrong with a request. */
export interface Problem {
  readonly code: number;
  readonly message: string;
  readonly context: object;
  /** The status of a middleware that has answered the request itself. */
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

/** Decides who may open a session, as the option of a real server. */
export type AllowRequest = (
  request: TestRequest,
  done: (error: string | null | undefined, allowed: boolean) => void,
) => unknown;

/** A middleware of HTTP, such as those of express. */
// biome-ignore lint/suspicious/noExplicitAny: those of express and of Node have types of their own
export type EngineMiddleware = (request: any, response: any, next: (error?: unknown) => void) => unknown;

/** What handlers reach as `server.engine`. */
export class TestEngine extends Events {
  /** How ids of sessions are made: a program may put its own here. */
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
   * Adds a middleware: it gets each request before Socket.IO does. It may end the response, and so refuse the client.
   *
   * @throws HoldfastError `BAD_OPTION`
   */
  use(middleware: EngineMiddleware): void {
    if (typeof middleware !== 'function') {
      throw new HoldfastError(
        'BAD_OPTION',
        'server.engine.use(): accepted is a function (request, response, next)',
      );
    }
    this._middlewares.push(middleware);
  }

  /** @internal Asks the middlewares. `done` is called once, at once where none of them waits. */
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

  /** @internal Asks `allowRequest`, and for the id of a new session. */
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

  /** @internal Tells of a client that was not let in. */
  _refused({ code, message, context, status }: Problem, req: TestRequest): void {
    if (status === undefined) this._fire('connection_error', [{ code, message, req, context }], this._call);
  }

  /** @internal Tells of the headers of an answer, which a listener may add to. */
  _answers(headers: Record<string, string>, request: TestRequest): void {
    if (request._query.sid === undefined) this._fire('initial_headers', [headers, request], this._call);
    this._fire('headers', [headers, request], this._call);
  }
}
