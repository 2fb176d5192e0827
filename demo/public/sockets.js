// This is all it takes to use holdfast: one call of `io` per namespace. They share one connection,
// because they have the same server and path.

export function createSockets({ socketUrl, path }) {
  // An ordinary page omits `autoConnect` and connects immediately. Here the panels show the very
  // first attempt, so they register their listeners before the page connects.
  // `hideOffset` removes the offsets that the server adds to its events for session recovery.
  const options = { path, autoConnect: false, hideOffset: true };
  const root = io(socketUrl, options);
  const custom = io(`${socketUrl}/custom-namespace`, options);

  // An `auth` function is called for each connect, so it reads the current password.
  const members = io(`${socketUrl}/members`, {
    ...options,
    auth: (answer) => answer({ password: document.getElementById('password').value }),
  });

  return { manager: root.io, root, custom, members };
}
