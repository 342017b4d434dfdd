// The one WebSocket: how the nodes of the cluster were, how they are every other second, and the rates made of it.

import { useMemo, useSyncExternalStore } from "react";
import { loginIsOver, onSession, session } from "./session";

export interface LiveNode {
  node: string;
  version: string;
  uptime_s: number;
  at: number;
  connections: number;
  sessions: number;
  subscriptions: number;
  topics: number;
  retained: number;
  delayed: number;
  replicated_bytes: number;
  alarms: number;
  received: number;
  sent: number;
  dropped: number;
  dropped_no_subscribers: number;
  delivery_dropped: number;
  bytes_received: number;
  bytes_sent: number;
  forwarded: number;
  forward_received: number;
  load1: number;
  cpu_ms: number;
  cpu_ticks: number;
  cpu_busy_ticks: number;
  memory_used: number;
  memory_total: number;
  memory_available: number;
  /** `forwarded`: messages to that node. Without `rtt_us`: not measured yet. */
  links: { node: string; forwarded: number; rtt_us?: number }[];
}

export interface Snapshot {
  at: number;
  node: string;
  nodes: LiveNode[];
  stopped: string[];
  unanswered: string[];
  partitions: string[][];
  /** When the last split was over; 0: never. */
  healed_at: number;
  apart: string[];
}

/** What comes first: a list for each chart, the newest point last. */
export interface History {
  at: number;
  interval_ms: number;
  nodes: ({ node: string } & Record<Drawn, (number | null)[]>)[];
}

type Drawn =
  | "connections"
  | "subscriptions"
  | "topics"
  | "received"
  | "sent"
  | "dropped"
  | "forwarded"
  | "bytes_received"
  | "bytes_sent";

/** Per second, but for sizes. `NaN`: not known yet. */
export interface Point {
  connections: number;
  subscriptions: number;
  topics: number;
  received: number;
  sent: number;
  dropped: number;
  bytesIn: number;
  bytesOut: number;
  forwarded: number;
  /** Messages to each other node. */
  links: Map<string, number>;
  /** Of the whole machine, 0 to 1. */
  cpu: number;
  /** Of the process, in processors. */
  process: number;
  memory: number;
}

export interface Sample {
  /** Seconds since 1970. */
  at: number;
  cluster: Point;
  nodes: Map<string, Point>;
}

export interface Live {
  state: "connecting" | "open" | "closed";
  snapshot: Snapshot | null;
  history: Sample[];
}

/** Of the charts. */
const SPAN_S = 600;
const LOGIN_OVER = 4401;

let live: Live = { state: "closed", snapshot: null, history: [] };
let socket: WebSocket | null = null;
let attempts = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function change(next: Partial<Live>): void {
  live = { ...live, ...next };
  for (const listener of listeners) listener();
}

/** A counter that has become smaller belongs to a node that was started again. */
function rate(now: number, before: number | undefined, seconds: number): number {
  if (before === undefined || now < before || seconds <= 0) return Number.NaN;
  return (now - before) / seconds;
}

function pointOf(now: LiveNode, before: LiveNode | undefined): Point {
  const seconds = before ? (now.at - before.at) / 1000 : 0;
  const per = (of: (node: LiveNode) => number) => rate(of(now), before && of(before), seconds);
  const ticks = before ? now.cpu_ticks - before.cpu_ticks : 0;
  return {
    connections: now.connections,
    subscriptions: now.subscriptions,
    topics: now.topics,
    received: per((node) => node.received),
    sent: per((node) => node.sent),
    dropped: per((node) => node.dropped + node.delivery_dropped),
    bytesIn: per((node) => node.bytes_received),
    bytesOut: per((node) => node.bytes_sent),
    forwarded: per((node) => node.forwarded),
    links: new Map(
      now.links.map((link) => {
        const old = before?.links.find((each) => each.node === link.node);
        return [link.node, rate(link.forwarded, old?.forwarded, seconds)];
      }),
    ),
    cpu: before && ticks > 0 ? (now.cpu_busy_ticks - before.cpu_busy_ticks) / ticks : Number.NaN,
    process: per((node) => node.cpu_ms) / 1000,
    memory: now.memory_used,
  };
}

/** Of the nodes whose rates are known. Every node knows all topics. */
function total(points: Point[]): Point {
  const sum = (of: (point: Point) => number) => {
    const known = points.map(of).filter((value) => !Number.isNaN(value));
    return known.length === 0 ? Number.NaN : known.reduce((a, b) => a + b, 0);
  };
  return {
    connections: sum((p) => p.connections),
    subscriptions: sum((p) => p.subscriptions),
    topics: Math.max(0, ...points.map((p) => p.topics)),
    received: sum((p) => p.received),
    sent: sum((p) => p.sent),
    dropped: sum((p) => p.dropped),
    bytesIn: sum((p) => p.bytesIn),
    bytesOut: sum((p) => p.bytesOut),
    forwarded: sum((p) => p.forwarded),
    links: new Map(),
    cpu: sum((p) => p.cpu) / Math.max(1, points.length),
    process: sum((p) => p.process),
    memory: sum((p) => p.memory),
  };
}

/** A node that stopped while it was asked did not answer either. */
function withoutDoubles(snapshot: Snapshot): Snapshot {
  const { stopped, unanswered } = snapshot;
  return { ...snapshot, unanswered: unanswered.filter((node) => !stopped.includes(node)) };
}

function sampleOf(at: number, nodes: Map<string, Point>): Sample {
  return { at, cluster: total([...nodes.values()]), nodes };
}

/** The first rates are those of a moment ago. */
function withRates(point: Point, node: string): Point {
  if (live.snapshot || !Number.isNaN(point.received)) return point;
  const before = [...live.history]
    .reverse()
    .find((sample) => sample.nodes.has(node))
    ?.nodes.get(node);
  if (!before) return point;
  const { received, sent, dropped, forwarded, bytesIn, bytesOut } = before;
  return { ...point, received, sent, dropped, forwarded, bytesIn, bytesOut };
}

function take(snapshot: Snapshot): void {
  const at = snapshot.at / 1000;
  const before = new Map(live.snapshot?.nodes.map((node) => [node.node, node]));
  const nodes = new Map(
    snapshot.nodes.map((node) => [node.node, withRates(pointOf(node, before.get(node.node)), node.node)]),
  );
  const recent = live.history.filter((sample) => sample.at > at - SPAN_S);
  change({ snapshot, history: [...recent, sampleOf(at, nodes)] });
}

/** What is not known from having been here. */
function remember({ at, interval_ms, nodes }: History): void {
  const step = interval_ms / 1000;
  const length = Math.max(0, ...nodes.map((node) => node.connections.length));
  const samples: Sample[] = [];
  for (let back = length - 1; back >= 0; back -= 1) {
    const points = new Map<string, Point>();
    for (const node of nodes) {
      const value = (of: Drawn) => node[of][node[of].length - 1 - back] ?? Number.NaN;
      if (Number.isNaN(value("connections"))) continue;
      points.set(node.node, {
        connections: value("connections"),
        subscriptions: value("subscriptions"),
        topics: value("topics"),
        received: value("received"),
        sent: value("sent"),
        dropped: value("dropped"),
        forwarded: value("forwarded"),
        bytesIn: value("bytes_received"),
        bytesOut: value("bytes_sent"),
        links: new Map(),
        cpu: Number.NaN,
        process: Number.NaN,
        memory: Number.NaN,
      });
    }
    // The last step has just begun: not every node may have noted it yet.
    if (back === 0 && points.size < nodes.length) continue;
    const then = at / 1000 - Math.max(back, 0.5) * step;
    const seen = live.history.some((sample) => Math.abs(sample.at - then) < step);
    if (points.size > 0 && !seen) samples.push(sampleOf(then, points));
  }
  change({ history: [...samples, ...live.history].sort((a, b) => a.at - b.at) });
}

function connect(): void {
  const login = session();
  if (!login || socket) return;
  const url = new URL("api/v4/live", document.baseURI.split("#")[0]);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(url);
  socket = opened;
  change({ state: "connecting" });
  opened.onopen = () => opened.send(JSON.stringify({ token: login.token }));
  opened.onmessage = (event) => {
    attempts = 0;
    const message = JSON.parse(event.data) as ({ type: "live" } & Snapshot) | ({ type: "history" } & History);
    if (message.type === "history") return remember(message);
    if (live.state !== "open") change({ state: "open" });
    take(withoutDoubles(message));
  };
  opened.onclose = (event) => {
    if (socket !== opened) return;
    socket = null;
    change({ state: "closed" });
    if (event.code === LOGIN_OVER && session()?.token === login.token) return loginIsOver();
    attempts += 1;
    timer = setTimeout(connect, Math.min(15_000, 500 * 2 ** attempts));
  };
}

function disconnect(): void {
  clearTimeout(timer);
  const old = socket;
  socket = null;
  old?.close();
  change({ state: "closed", snapshot: null, history: [] });
}

/** Follows the login. */
export function startLive(): void {
  let token = session()?.token;
  if (token) connect();
  onSession(() => {
    if (session()?.token === token) return;
    token = session()?.token;
    disconnect();
    attempts = 0;
    connect();
  });
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLive(): Live {
  return useSyncExternalStore(listen, () => live);
}

/** One figure of it: a page that needs no more is drawn again only when that has changed. */
export function useLiveValue<Value extends string | number>(of: (live: Live) => Value): Value {
  return useSyncExternalStore(listen, () => of(live));
}

export function activeAlarms({ snapshot }: Live): number {
  return (snapshot?.nodes ?? []).reduce((sum, node) => sum + node.alarms, 0);
}

/** The node that this page is of. */
export function useHere(): string {
  return useLiveValue(({ snapshot }) => snapshot?.node ?? "");
}

/** Those that run. */
export function useNodeNames(): string[] {
  const names = useLiveValue(({ snapshot }) =>
    (snapshot?.nodes ?? [])
      .map(({ node }) => node)
      .sort()
      .join(" "),
  );
  return useMemo(() => (names === "" ? [] : names.split(" ")), [names]);
}
