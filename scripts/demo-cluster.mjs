// npm run demo:cluster: the demo with three nodes behind nginx, joined by Redis.
import { bootstrap } from './bootstrap.mjs';
import { root } from './run.mjs';

await bootstrap();

// In the same process, so that every signal reaches the demo directly.
const demo = `${root}demo/cluster.mjs`;
process.argv[1] = demo;
await import(demo);
