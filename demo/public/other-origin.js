// A page that is not allowed to connect, and says what happened to it.

const outcome = document.getElementById('outcome');
document.getElementById('origin').textContent = location.origin;

const { socketUrl, path } = await (await fetch('/api/config')).json();
const socket = io(socketUrl, { path, reconnection: false });

socket.on('connect', () => {
  outcome.dataset.outcome = 'in';
  outcome.textContent = 'Let in. That should not have happened.';
});
socket.on('connect_error', (error) => {
  outcome.dataset.outcome = 'refused';
  outcome.textContent = `Refused: ${error.message}`;
});
