// Says something to the broker as a device does: MQTT 3.1.1 in a few bytes.
import net from 'node:net';

const text = (s) => {
  const bytes = Buffer.from(s);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

function packet(type, body) {
  const length = [];
  for (let n = body.length; ; n >>= 7) {
    length.push((n & 127) | (n > 127 ? 128 : 0));
    if (n <= 127) break;
  }
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

/**
 * Publishes one message at QoS 1 and waits until it is acknowledged. The address is
 * host:port, as GET /sources has it; an account is { user, password }.
 */
export function publish(address, topic, payload, account = undefined) {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address);
  const client = text(`story-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const who = account ? [text(account.user), text(account.password)] : [];
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), ['', '0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host);
    socket.on('error', reject);
    socket.write(packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, account ? 0xc2 : 2, 0, 60]), client, ...who])));
    socket.on('close', () => reject(new Error(`${topic}: the broker closed the connection`)));
    socket.on('data', (data) => {
      if (data[0] === 0x20 && data[3] !== 0) reject(new Error(`the broker refuses the connection: code ${data[3]}`));
      else if (data[0] === 0x20) socket.write(packet(0x32, Buffer.concat([text(topic), Buffer.from([0, 1]), Buffer.from(payload)])));
      else if (data[0] === 0x40) {
        socket.end();
        resolve();
      }
    });
  });
}
