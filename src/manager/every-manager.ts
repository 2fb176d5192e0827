/** Every connection of the page, for tools. */
import type { Cancel } from '../platform/clock.js';
import { everyMember } from '../platform/registry.js';
import type { Manager } from './manager.js';

/**
 * Calls `listener` with each manager of the page: at once with the existing ones, later with each new one.
 *
 * @returns ends it
 */
export const everyManager: (listener: (manager: Manager) => void) => Cancel = everyMember as never;
