// One stream of versions for all windows of a browser: it allows six connections to a server, and people open more windows.
let known = null;
const ports = new Set();
const tell = (message) => ports.forEach((port) => port.postMessage(message));
const stream = new EventSource("/page/live");
stream.onmessage = (event) => { known = JSON.parse(event.data); tell(known); };
stream.onerror = () => tell(null);
self.onconnect = (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = (message) => { if (message.data === "bye") ports.delete(port); };
  if (known) port.postMessage(known);
};
