/**
 * Who watches a manager: sees each event of the manager and of its sockets, before their listeners do, and each chunk that goes over
 * the connection, as `in` and `out`. There is at most one; `src/inspector/observe.ts` shares it among those who want to know.
 */
export type Observer = (source: object, event: string, args: readonly unknown[]) => void;
