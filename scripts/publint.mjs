// Runs publint on the package, without its false reports of modules: it searches for `import {` in files, and finds it in messages.
import { readFile } from 'node:fs/promises';
import { Script } from 'node:vm';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from './run.mjs';

/** @param {string} path Below the package. */
async function isScript(path) {
  try {
    new Script(await readFile(root + path, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<{ code: number, output: string }>} */
export async function checkPackage() {
  const { messages, pkg } = await publint({ pkgDir: root, strict: true });
  const found = [];
  for (const message of messages) {
    if (message.type === 'suggestion') continue;
    if (message.code === 'FILE_INVALID_FORMAT') {
      const { actualFormat, expectFormat, actualFilePath } = message.args;
      if (actualFormat === 'ESM' && expectFormat === 'CJS' && (await isScript(actualFilePath ?? '')))
        continue;
    }
    found.push(formatMessage(message, pkg));
  }
  return { code: found.length === 0 ? 0 : 1, output: found.join('\n') };
}
