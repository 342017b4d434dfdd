// One MQTT connection of the Tools page.

import mqtt, { type MqttClient } from "mqtt";

export interface Settings {
  url: string;
  clientid: string;
  username: string;
  password: string;
  version: 4 | 5;
}

export interface Shown {
  id: number;
  at: number;
  received: boolean;
  topic: string;
  payload: string;
  qos: number;
  retain: boolean;
}

type QoS = 0 | 1 | 2;

const MESSAGES_MAX = 200;
const PAYLOAD_MAX = 10_000;

/** Tells by `changed` that there is something to draw. Keeps the newest messages. */
export class MqttConnection {
  state: "offline" | "connecting" | "connected" = "offline";
  problem = "";
  filters: string[] = [];
  messages: Shown[] = [];
  private client: MqttClient | null = null;
  private last = 0;

  constructor(private readonly changed: () => void) {}

  connect(settings: Settings): void {
    this.problem = "";
    this.filters = [];
    this.state = "connecting";
    try {
      const client = mqtt.connect(settings.url, {
        clientId: settings.clientid,
        protocolVersion: settings.version,
        clean: true,
        reconnectPeriod: 0,
        connectTimeout: 10_000,
        // The other kinds need a worker made of text, which the page's policy forbids.
        timerVariant: "native",
        ...(settings.username ? { username: settings.username, password: settings.password } : {}),
      });
      this.client = client;
      client.on("connect", () => this.set("connected"));
      client.on("close", () => this.ended(client));
      client.on("error", (error) => this.fail(client, error.message || "the address cannot be reached"));
      client.on("disconnect", (packet) =>
        this.fail(client, `disconnected by the broker, reason ${packet.reasonCode}`),
      );
      client.on("message", (topic, bytes, packet) =>
        this.show(true, topic, new TextDecoder().decode(bytes), packet.qos, packet.retain),
      );
    } catch (error) {
      this.state = "offline";
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.changed();
  }

  disconnect(): void {
    this.client?.end(true);
    this.client = null;
    this.filters = [];
    this.set("offline");
  }

  async subscribe(filter: string, qos: QoS): Promise<void> {
    await this.attempt(async (client) => {
      const granted = await client.subscribeAsync(filter, { qos });
      const refused = granted.find((one) => one.qos > 2);
      if (refused) throw new Error(`${refused.topic} was refused, reason ${refused.qos}`);
      if (!this.filters.includes(filter)) this.filters = [...this.filters, filter];
    });
  }

  async publish(topic: string, payload: string, qos: QoS, retain: boolean): Promise<void> {
    await this.attempt(async (client) => {
      await client.publishAsync(topic, payload, { qos, retain });
      this.show(false, topic, payload, qos, retain);
    });
  }

  clear(): void {
    this.messages = [];
    this.changed();
  }

  private async attempt(run: (client: MqttClient) => Promise<void>): Promise<void> {
    if (!this.client) return;
    this.problem = "";
    try {
      await run(this.client);
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.changed();
  }

  private show(received: boolean, topic: string, payload: string, qos: number, retain: boolean): void {
    this.last += 1;
    const text = payload.length > PAYLOAD_MAX ? `${payload.slice(0, PAYLOAD_MAX)}…` : payload;
    const message = { id: this.last, at: Date.now(), received, topic, payload: text, qos, retain };
    this.messages = [message, ...this.messages.slice(0, MESSAGES_MAX - 1)];
    this.changed();
  }

  private fail(client: MqttClient, problem: string): void {
    if (client !== this.client) return;
    this.problem = problem;
    this.changed();
  }

  private ended(client: MqttClient): void {
    if (client !== this.client) return;
    this.client = null;
    this.filters = [];
    this.set("offline");
  }

  private set(state: MqttConnection["state"]): void {
    this.state = state;
    this.changed();
  }
}
