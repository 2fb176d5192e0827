/** Runs the doctor on a connection's server, with the connection's options. */
import type { Manager } from '../../manager/manager.js';
import type { Socket } from '../../socket/socket.js';
import { type Diagnosis, diagnose, type Finding } from '../doctor.js';
import { cleanText } from './clean.js';

/** @param onFinding called with each finding, in which text from the server is clean */
export function examine(manager: Manager, onFinding: (finding: Finding) => void): Promise<Diagnosis> {
  const [socket] = manager._kept as ReadonlySet<Socket>;
  return diagnose(socket ?? manager, {
    onFinding: (finding) => onFinding({ ...finding, text: cleanText(finding.text) }),
  });
}
