/** One HTTP request, in browsers that support modules: all of them have `fetch`, and so does React Native. */
import type { Answer, Init } from './fetch.js';

export const send = (url: string, init: Init): Promise<Answer> => fetch(url, init as RequestInit);
