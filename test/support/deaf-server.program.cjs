// Listens, says where, and falls asleep for good: whoever connects waits in the queue of the kernel, which is short.
const { createServer } = require('node:net');
const { writeSync } = require('node:fs');

const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  writeSync(1, `port ${server.address().port}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
