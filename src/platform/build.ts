/**
 * Whether this is the development build: it explains errors at length, checks every option and warns of likely mistakes. The
 * production build replaces this module, and what stands behind the constant falls away.
 */
export const DEVELOPMENT: boolean = true;
