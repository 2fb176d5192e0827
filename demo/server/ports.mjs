// Reads ports from the environment, and listens on them with errors that say what to do.

/** An error whose message says what to do, and is shown without a stack. */
export class StartError extends Error {
  name = 'StartError';
}

export function portFromEnv(variable, fallback) {
  const text = process.env[variable];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new StartError(
      `${variable} must be a whole number from 0 to 65535, but it is ${JSON.stringify(text)}.`,
    );
  }
  return port;
}

/** Listens, on this machine alone unless HOLDFAST_DEMO_HOST names another address, and resolves with the port; 0 picks a free one. */
export function listen(server, port, what, variable) {
  return new Promise((resolve, reject) => {
    const failed = (error) => {
      server.off('listening', listening);
      reject(explain(error, port, what, variable));
    };
    const listening = () => {
      server.off('error', failed);
      resolve(server.address().port);
    };
    server.once('error', failed);
    server.once('listening', listening);
    server.listen(port, process.env.HOLDFAST_DEMO_HOST || '127.0.0.1');
  });
}

export function explain(error, port, what, variable) {
  const remedy = `Choose another one with ${variable}, for example: ${variable}=${suggest(port)} npm start`;
  if (error.code === 'EADDRINUSE') {
    return new StartError(`port ${port}, for ${what}, is in use by another program.\n  ${remedy}`, {
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new StartError(`port ${port}, for ${what}, needs more permissions than you have.\n  ${remedy}`, {
      cause: error,
    });
  }
  return error;
}

const suggest = (port) => (port < 1024 ? port + 8000 : port === 65535 ? 0 : port + 1);
