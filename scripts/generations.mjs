// Before the tests that need them: installs the servers of other generations of Socket.IO, from a lock file of their own.
import { ensureFolderInstalled } from './bootstrap.mjs';

export const setup = () => ensureFolderInstalled('test/generations/servers');
