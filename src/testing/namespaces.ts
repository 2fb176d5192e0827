/** The namespaces of a test server: named and dynamic ones. */
import type { EventsMap } from '../platform/event-map.js';
import type { Caller } from './events.js';
import {
  type AnyNamespace,
  DynamicNamespace,
  type NamespaceHost,
  type NamespaceMatcher,
  TestNamespace,
} from './namespace.js';

export class Namespaces<Listen extends EventsMap, Emit extends EventsMap, Data> {
  private readonly _byName: Map<string, AnyNamespace> = new Map();
  private readonly _dynamic: Map<NamespaceMatcher, DynamicNamespace<Listen, Emit, Data>> = new Map();
  readonly main: TestNamespace<Listen, Emit, Data>;

  constructor(
    private readonly _host: NamespaceHost,
    private readonly _call: Caller,
  ) {
    this.main = new TestNamespace<Listen, Emit, Data>('/', _host);
    this._byName.set('/', this.main);
  }

  all(): IterableIterator<AnyNamespace> {
    return this._byName.values();
  }

  /** The namespace of this name; it is created if it does not exist. */
  named(given: string): TestNamespace<Listen, Emit, Data> {
    const name = given.startsWith('/') ? given : `/${given}`;
    const known = this._byName.get(name);
    if (known) return known;
    const parent = [...this._dynamic].find(([matcher]) => expressions.get(matcher)?.test(name))?.[1];
    return this._keep(parent?._child(name) ?? new TestNamespace<Listen, Emit, Data>(name, this._host));
  }

  /** Namespaces whose names match. */
  matching(given: RegExp | NamespaceMatcher): DynamicNamespace<Listen, Emit, Data> {
    const matcher = typeof given === 'function' ? given : matcherOf(given);
    const parent = new DynamicNamespace<Listen, Emit, Data>(`/_${this._dynamic.size}`, this._host);
    this._dynamic.set(matcher, parent);
    return parent;
  }

  /** Asks the dynamic namespaces in order whether a client may join this name. */
  find(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    found: (namespace: TestNamespace<Listen, Emit, Data> | undefined) => void,
  ): void {
    const known = this._byName.get(name);
    if (known) {
      found(known);
      return;
    }
    const parents = [...this._dynamic];
    const step = (at: number): void => {
      const entry = parents[at];
      if (!entry) {
        found(undefined);
        return;
      }
      const [matcher, parent] = entry;
      this._call('of', () =>
        matcher(name, auth, (error, allowed) => {
          if (error || !allowed) step(at + 1);
          // Another client may have created it meanwhile.
          else found(this._byName.get(name) ?? this._keep(parent._child(name)));
        }),
      );
    };
    step(0);
  }

  /** The last client of a namespace has left: removes it if it is dynamic. */
  forget(namespace: AnyNamespace): void {
    for (const parent of this._dynamic.values()) {
      if (parent.children.delete(namespace)) this._byName.delete(namespace.name);
    }
  }

  private _keep(namespace: TestNamespace<Listen, Emit, Data>): TestNamespace<Listen, Emit, Data> {
    this._byName.set(namespace.name, namespace);
    this.main._fire('new_namespace', [namespace], this._call);
    return namespace;
  }
}

/** The regular expression of each matcher that was created from one. */
const expressions: WeakMap<NamespaceMatcher, RegExp> = new WeakMap();

function matcherOf(expression: RegExp): NamespaceMatcher {
  const matcher: NamespaceMatcher = (name, _auth, next) => next(null, expression.test(name));
  expressions.set(matcher, expression);
  return matcher;
}
