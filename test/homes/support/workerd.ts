import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { freePort, host } from '../../support/ports.js';

/** Runs a module in workerd, the runtime of Cloudflare Workers, bundled as Wrangler bundles it. */

export interface Answer {
  /** What the worker answered, as text. */
  readonly text: string;
  /** The paths of the bundled files. */
  readonly inputs: readonly string[];
}

/** @param module a file in `folder`, whose default export has `fetch` */
export async function askWorker(
  binary: string,
  folder: string,
  module: string,
  query: Readonly<Record<string, string>>,
): Promise<Answer> {
  const out = await mkdtemp(join(folder, 'worker-'));
  const { metafile } = await build({
    entryPoints: [join(folder, module)],
    absWorkingDir: folder,
    outfile: join(out, 'worker.js'),
    bundle: true,
    format: 'esm',
    metafile: true,
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
  });
  const port = await freePort();
  await writeFile(
    join(out, 'workerd.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "main", worker = (
          modules = [(name = "worker", esModule = embed "worker.js")],
          compatibilityDate = "2024-11-11",
        )),
        (name = "internet", network = (allow = ["public", "private", "local"])),
      ],
      sockets = [(name = "http", address = "${host}:${port}", http = (), service = "main")],
    );`,
  );
  const child = spawn(binary, ['serve', join(out, 'workerd.capnp')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`workerd ended with ${code}:\n${said}`)));
  });
  ended.catch(() => {});
  const ask = async (): Promise<string> => {
    for (;;) {
      try {
        return await (await fetch(`http://${host}:${port}/?${new URLSearchParams(query)}`)).text();
      } catch {
        // It does not listen yet.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  try {
    return { text: await Promise.race([ask(), ended]), inputs: Object.keys(metafile.inputs) };
  } finally {
    child.kill('SIGKILL');
    await rm(out, { recursive: true, force: true });
  }
}
