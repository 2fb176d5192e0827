const send = (url, init) => fetch(url, init);

export { send };
