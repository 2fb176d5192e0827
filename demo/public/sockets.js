// All there is to using holdfast: one call of `io` for each namespace. They share one connection,
// because they name the same server and path.

export function createSockets({ socketUrl, path }) {
  // A page that is not a demo leaves `autoConnect` out and is connected at once. Here the panels
  // want to see the very first attempt, so they listen first and the page connects after that.
  // The server can restore a session; what it adds to its events for that is none of the panels' business.
  const options = { path, autoConnect: false, hideOffset: true };
  const root = io(socketUrl, options);
  const custom = io(`${socketUrl}/custom-namespace`, options);

  // `auth` as a function is asked anew each time, so it sees the password typed last.
  const members = io(`${socketUrl}/members`, {
    ...options,
    auth: (answer) => answer({ password: document.getElementById('password').value }),
  });

  return { manager: root.io, root, custom, members };
}
