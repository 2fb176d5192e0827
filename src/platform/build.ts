/**
 * Whether this is the development build: it explains errors at length, checks every option and warns of likely mistakes. The production
 * build replaces this module, which removes the code that the constant guards.
 */
export const DEVELOPMENT: boolean = true;
