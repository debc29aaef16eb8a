// The suite can't send a token. This passes every request on with one, and changes nothing else.
// Usage: node proxy.mjs PORT TOKEN; prints the port that it listens on, and ends when its input does.
import { createServer, request } from "node:http";

const [port, token] = process.argv.slice(2);

const server = createServer((incoming, outgoing) => {
  const { method, url } = incoming;
  const headers = { ...incoming.headers, authorization: `Bearer ${token}` };
  const passed = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    // The head of a stream has to arrive before its first event.
    outgoing.flushHeaders();
    answer.pipe(outgoing);
  });
  passed.on("error", () => outgoing.destroy());
  // Whoever stops listening to a stream must be seen to.
  outgoing.on("close", () => passed.destroy());
  incoming.pipe(passed);
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit());
