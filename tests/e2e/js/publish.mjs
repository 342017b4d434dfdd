// MQTT.js as an MQTT 5 client: subscribes through one node, publishes through another, prints what it got as JSON.
// usage: node publish.mjs SUBSCRIBE_URL PUBLISH_URL TOPIC

import mqtt from "mqtt";

const [subscribeUrl, publishUrl, topic] = process.argv.slice(2);
const options = { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 10000 };
const deadline = setTimeout(() => {
  console.error("nothing came");
  process.exit(1);
}, 20000);

const subscriber = await mqtt.connectAsync(subscribeUrl, { ...options, clientId: "js-subscriber" });
const arrived = new Promise((resolve) =>
  subscriber.on("message", (name, payload, packet) =>
    resolve({ topic: name, payload: payload.toString(), qos: packet.qos, properties: packet.properties }),
  ),
);
await subscriber.subscribeAsync(topic, { qos: 2 });

const publisher = await mqtt.connectAsync(publishUrl, { ...options, clientId: "js-publisher" });
await publisher.publishAsync(topic, "from MQTT.js", {
  qos: 2,
  properties: {
    contentType: "text/plain",
    responseTopic: "answers/here",
    correlationData: Buffer.from("7"),
    userProperties: { colour: "blue" },
  },
});
console.log(JSON.stringify(await arrived));
await publisher.endAsync();
await subscriber.endAsync();
clearTimeout(deadline);
