function makeRoom(waiting, weigh, total, bytes, {maxPackets, maxBytes, whenFull}) {
  const gone = [];
  const isFull = () => waiting.length >= maxPackets || total + bytes > maxBytes;
  if (!isFull() || !("refuse" === whenFull || maxPackets < 1 || bytes > maxBytes)) {
    for (;waiting.length > 0 && isFull(); ) {
      const one = "drop-oldest" === whenFull ? waiting.shift() : waiting.pop();
      total -= weigh(one);
      gone.push(one);
    }
    return gone;
  }
}

export { makeRoom };
