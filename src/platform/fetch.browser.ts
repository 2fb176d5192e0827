/** One HTTP request, in browsers that import modules: all of them have `fetch`, and so has React Native. */
import type { Answer, Init } from './fetch.js';

export const send = (url: string, init: Init): Promise<Answer> => fetch(url, init);
