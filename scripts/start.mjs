// npm start: the demo, on a machine that has only Node and git.
import { bootstrap } from './bootstrap.mjs';
import { root } from './run.mjs';

await bootstrap();

// In the same process, so that every signal reaches the server directly.
const server = `${root}demo/server.mjs`;
process.argv[1] = server;
await import(server);
