// Required by Node before a fetched client: every connection to another host than loopback fails.
const net = require("node:net");

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  let [target, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof target !== "object" || target === null) {
    target = { host: typeof second === "string" ? second : "localhost" };
  }
  const host = target.host ?? "localhost";
  if (!target.path && !LOOPBACK.has(host)) {
    throw new Error(`blocked: a connection to ${host}`);
  }
  return connect.apply(this, args);
};
