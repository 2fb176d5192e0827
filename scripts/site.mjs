// npm run site: builds the documentation site into `site`. With `-- --serve`, it also serves the site.
import { bootstrap } from './bootstrap.mjs';
import { fail, root } from './run.mjs';

const args = process.argv.slice(2);
const unknown = args.find((arg) => !/^--(serve|port=\d+|out=.+)$/.test(arg));
if (unknown) fail(`npm run site does not know "${unknown}". It takes --serve, --port=4173 and --out=FOLDER.`);

/** @param {string} name */
const argument = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);

await bootstrap();
const started = performance.now();
const { buildSite } = await import('./site/build.mjs');
const out = argument('out') ?? `${root}site`;
const { folder, pages, examples } = await buildSite({ out });
const seconds = ((performance.now() - started) / 1_000).toFixed(1);
console.log(`The site is in ${out}/${folder}: ${pages} pages, ${examples} examples that run (${seconds} s).`);

if (args.includes('--serve')) {
  const { serveFolder } = await import('./site/serve.mjs');
  const port = Number(argument('port') ?? process.env.HOLDFAST_SITE_PORT ?? 4173);
  const { url } = await serveFolder(out, port).catch((error) =>
    fail(`The site cannot be shown: ${error.message}`),
  );
  console.log(`Open ${url}`);
}
