import type { ManagerOwnEvents, ManagerReservedEvents } from './manager-events.js';
import { Emitter } from './platform/emitter.js';
import { checked } from './platform/option-rules.js';
import {
  type ManagerOptions,
  type Options,
  type Setting,
  type SettingValue,
  settings,
} from './platform/options.js';

/** The part of a manager that is its options: read and changed by methods of their names, as programs do it. */
export class ManagerSettings extends Emitter<ManagerReservedEvents, Record<never, never>, ManagerOwnEvents> {
  /** The options in force; a change applies to the next try. */
  opts: Partial<ManagerOptions>;

  constructor(options: Options) {
    super();
    this.opts = { ...options, path: options.path || '/socket.io' } as Partial<ManagerOptions>;
  }

  /** Whether to come back after a cut; as a setter, it chains. */
  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): boolean | this;
  reconnection(value?: boolean): boolean | this {
    return this.setting('reconnection', value);
  }

  /** Retries in a row before giving up. */
  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): number | this;
  reconnectionAttempts(value?: number): number | this {
    return this.setting('reconnectionAttempts', value);
  }

  /** The shortest wait between retries, in milliseconds. */
  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): number | this;
  reconnectionDelay(value?: number): number | this {
    return this.setting('reconnectionDelay', value);
  }

  /** The longest wait between retries, in milliseconds. */
  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): number | this;
  reconnectionDelayMax(value?: number): number | this {
    return this.setting('reconnectionDelayMax', value);
  }

  /** How much of a wait is left to chance, 0 to 1. */
  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): number | this;
  randomizationFactor(value?: number): number | this {
    return this.setting('randomizationFactor', value);
  }

  /** The time limit for connecting, in milliseconds; `false` for none. */
  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): number | false | this;
  timeout(value?: number | false): number | false | this {
    return this.setting('timeout', value);
  }

  private setting<Name extends Setting>(
    name: Name,
    value: SettingValue<Name> | undefined,
  ): SettingValue<Name> | this {
    if (value === undefined) return settings(this.opts)(name);
    Object.assign(this.opts, checked({ [name]: value }));
    return this;
  }
}
