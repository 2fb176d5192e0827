/** The script of a shared worker that holds the connection of all tabs: `tabs({ worker: … })` of `holdfast/tabs` starts it. */
import { serveTabs } from './plugins/tabs/serve.js';

serveTabs();
