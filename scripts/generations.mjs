// Before the tests that need them: installs the servers of other Socket.IO versions, from their own lock file.
import { ensureFolderInstalled } from './bootstrap.mjs';

export const setup = () => ensureFolderInstalled('test/generations/servers');
