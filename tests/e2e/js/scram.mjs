// MQTT.js with MQTT 5's enhanced authentication: connects by SCRAM, checks the server's proof, publishes.
// usage: node scram.mjs URL METHOD USERNAME PASSWORD

import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import mqtt from "mqtt";

const [url, method, username, password] = process.argv.slice(2);
const digest = method === "SCRAM-SHA-512" ? "sha512" : "sha256";
const hmac = (key, text) => createHmac(digest, key).update(text).digest();
const bare = `n=${username},r=${randomBytes(12).toString("hex")}`;
let expected;

function answer(challenge) {
  const fields = Object.fromEntries(challenge.split(",").map((field) => [field[0], field.slice(2)]));
  const salt = Buffer.from(fields.s, "base64");
  const salted = pbkdf2Sync(password, salt, Number(fields.i), digest === "sha512" ? 64 : 32, digest);
  const unproven = `c=biws,r=${fields.r}`;
  const messages = `${bare},${challenge},${unproven}`;
  const key = hmac(salted, "Client Key");
  const signature = hmac(createHash(digest).update(key).digest(), messages);
  expected = "v=" + hmac(hmac(salted, "Server Key"), messages).toString("base64");
  return `${unproven},p=${key.map((byte, i) => byte ^ signature[i]).toString("base64")}`;
}

const client = mqtt.connect(url, {
  protocolVersion: 5,
  reconnectPeriod: 0,
  connectTimeout: 10000,
  clientId: "js-scram",
  properties: { authenticationMethod: method, authenticationData: Buffer.from(`n,,${bare}`) },
});
client.handleAuth = (packet, done) => {
  const data = Buffer.from(answer(packet.properties.authenticationData.toString()));
  done(undefined, {
    cmd: "auth",
    reasonCode: 0x18,
    properties: { authenticationMethod: method, authenticationData: data },
  });
};
client.on("error", (error) => {
  console.log(`refused: ${error.code}`);
  process.exit(0);
});
client.on("connect", async (connack) => {
  const proven = connack.properties.authenticationData.toString() === expected;
  await client.publishAsync("scram/js", "x", { qos: 1 });
  console.log(proven ? "connected" : "the server proves nothing");
  await client.endAsync();
});
