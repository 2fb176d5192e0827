// A page from a refused origin, which shows the result of its attempt to connect.

const outcome = document.getElementById('outcome');
document.getElementById('origin').textContent = location.origin;

const { socketUrl, path } = await (await fetch('/api/config')).json();
const socket = io(socketUrl, { path, reconnection: false });

socket.on('connect', () => {
  outcome.dataset.outcome = 'connected';
  outcome.textContent = 'Connected. That should not have happened.';
});
socket.on('connect_error', (error) => {
  outcome.dataset.outcome = 'refused';
  outcome.textContent = `Refused: ${error.message}`;
});
