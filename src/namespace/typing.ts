/** Moved to `socket/typing.ts`. */
export type {
  AllButLast,
  EmitArgs,
  ErrorFirstAcks,
  FirstArg,
  Last,
  WithoutKey,
} from '../socket/typing.js';
