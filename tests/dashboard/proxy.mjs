// A proxy that has a node below a path, as docs/dashboard.md describes one.

import http from "node:http";

/** Gives the address. `target`: the node's. */
export async function startProxy(target, path) {
  const { hostname, port } = new URL(target);
  const ask = (request) =>
    http.request({
      hostname,
      port,
      method: request.method,
      path: request.url.slice(path.length - 1),
      headers: request.headers,
    });
  const server = http.createServer((request, response) => {
    const there = ask(request);
    there.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(there);
  });
  server.on("upgrade", (request, socket) => {
    const there = ask(request);
    there.on("upgrade", (answer, other) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
      for (const [a, b] of [
        [socket, other],
        [other, socket],
      ]) {
        a.pipe(b);
        a.on("error", () => b.destroy());
      }
    });
    there.end();
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  server.unref();
  return `http://127.0.0.1:${server.address().port}${path}`;
}
