const isBlob = packet => "object" == typeof packet.data && null !== packet.data && "size" in packet.data;

function withoutBlobs(packets, clock, done, failed) {
  if (!packets.some(isBlob)) {
    done(packets);
    return;
  }
  let over = !1;
  const settle = act => {
    stop();
    over || act();
    over = !0;
  };
  const fail = () => settle(failed);
  const stop = clock.after(1e4, fail);
  Promise.all(packets.map(async one => isBlob(one) ? {
    ...one,
    data: await one.data.arrayBuffer()
  } : one)).then(read => settle(() => done(read)), fail);
}

export { withoutBlobs };
