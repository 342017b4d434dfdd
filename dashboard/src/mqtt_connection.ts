// One MQTT connection of the Tools page.

import mqtt, { type MqttClient } from "mqtt";
import type { TextKey } from "./i18n";

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

export interface Problem {
  text: TextKey;
  values: Record<string, string | number>;
}

type QoS = 0 | 1 | 2;

const MESSAGES_MAX = 200;
const PAYLOAD_MAX = 10_000;

function problemOf(error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  return text ? { text: "tools.problem", values: { text } } : { text: "tools.unreachable", values: {} };
}

/** Tells by `changed` that there is something to draw. Keeps the newest messages. */
export class MqttConnection {
  state: "offline" | "connecting" | "connected" = "offline";
  problem: Problem | null = null;
  filters: string[] = [];
  messages: Shown[] = [];
  private client: MqttClient | null = null;
  private last = 0;

  constructor(private readonly changed: () => void) {}

  connect(settings: Settings): void {
    this.problem = null;
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
      client.on("error", (error) => this.fail(client, problemOf(error)));
      client.on("disconnect", (packet) =>
        this.fail(client, { text: "tools.ended", values: { reason: packet.reasonCode ?? 0 } }),
      );
      client.on("message", (topic, bytes, packet) =>
        this.show(true, topic, new TextDecoder().decode(bytes), packet.qos, packet.retain),
      );
    } catch (error) {
      this.state = "offline";
      this.problem = problemOf(error);
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
      if (refused)
        this.problem = { text: "tools.refused", values: { topic: refused.topic, reason: refused.qos } };
      else if (!this.filters.includes(filter)) this.filters = [...this.filters, filter];
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
    this.problem = null;
    try {
      await run(this.client);
    } catch (error) {
      this.problem = problemOf(error);
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

  private fail(client: MqttClient, problem: Problem): void {
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
