// What the API answers, as far as the pages show it. The whole is in api/v4/openapi.json.

export interface Client {
  node: string;
  clientid: string;
  username: string;
  ip_address: string;
  port: number;
  proto_name: string;
  proto_ver: number;
  connected: boolean;
  connected_at: string;
  disconnected_at?: string;
  created_at: string;
  clean_start: boolean;
  keepalive: number;
  expiry_interval: number;
  zone: string;
  mountpoint: string;
  subscriptions_cnt: number;
  max_subscriptions: number;
  inflight: number;
  max_inflight: number;
  awaiting_rel: number;
  max_awaiting_rel: number;
  mqueue_len: number;
  max_mqueue: number;
  mqueue_dropped: number;
  recv_msg: number;
  recv_pkt: number;
  send_msg: number;
  send_pkt: number;
  /** Of the socket: while it is connected. */
  recv_oct?: number;
  send_oct?: number;
}

export interface Subscription {
  node: string;
  clientid: string;
  topic: string;
  qos: number;
}

export interface Route {
  topic: string;
  node: string;
}

export interface Explanation {
  routes: Route[];
  groups: { group: string; node: string; online: number; members: number }[];
  away: Route[];
  subscribers: Record<string, Subscriber[] | { error: string }>;
}

export type Subscriber = Record<string, unknown>;

export interface Listener {
  protocol: string;
  listen_on: string;
  identifier?: string;
  acceptors: number;
  max_conns: number;
  current_conns: number;
  shutdown_count: Record<string, number> | unknown[];
  /** Missing: it runs. */
  running?: boolean;
}

export interface Alarm {
  name: string;
  message: string;
  details: Record<string, unknown>;
  activated: boolean;
  /** Microseconds since 1970. */
  activate_at: number;
  deactivate_at: number | string;
}

export interface Ban {
  as: string;
  who: string;
  by: string;
  reason: string;
  at: number;
  until: number | string;
}

export interface RetainedMessage {
  topic: string;
  qos: number;
  from_clientid: string;
  payload_size: number;
  publish_at: string;
  payload?: string;
}

export interface DelayedMessage {
  id: string;
  topic: string;
  qos: number;
  from_clientid: string;
  payload_size: number;
  node: string;
  expected_at: string;
}

export interface Cluster {
  running_nodes: string[];
  stopped_nodes: string[];
  partitions?: string[][];
  apart?: string[];
}

export interface Heal {
  id: number | string;
  split_view: string[][];
  coordinator: string;
  split_at: number;
  met_at: number;
  healed_at: number;
  merged: unknown;
}

export interface Shedding {
  state: "off" | "running" | "done";
  begun_at?: number;
  rate?: number;
  sent_away?: number;
  connections?: number;
  connections_at_start?: number;
  sessions?: number;
  sessions_moved?: number;
  loads?: Record<string, number>;
}

export interface Application {
  app_id: string;
  secret: string;
  name: string;
  desc: string;
  status: boolean;
  expired: number | string;
}

export interface ConfigRow {
  key: string;
  value: string;
  default: string;
  type: string;
  unit: string;
  expects: string;
  hot: boolean;
  effect: string;
  scope: string;
  group: string;
  help: string;
  source: string;
  /** What it is after a restart, if that is something else. */
  pending?: string;
}
