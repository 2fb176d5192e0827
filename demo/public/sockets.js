// All there is to using holdfast: one call of `io` for each namespace. They share one connection,
// because they name the same server and path.

export function createSockets({ socketPort, path }) {
  const server = `http://${location.hostname}:${socketPort}`;

  // A page that is not a demo leaves `autoConnect` out and is connected at once. Here the panels
  // want to see the very first attempt, so they listen first and the page connects after that.
  const options = { path, autoConnect: false };
  const root = io(server, options);
  const custom = io(`${server}/custom-namespace`, options);

  // `auth` as a function is asked anew each time, so it sees the password typed last.
  const members = io(`${server}/members`, {
    ...options,
    auth: (answer) => answer({ password: document.getElementById('password').value }),
  });

  return { manager: root.io, root, custom, members };
}
