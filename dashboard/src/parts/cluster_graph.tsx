// The nodes on a circle, the links between them with their round-trip times, and what flows.

import { useMediaQuery } from "@mantine/hooks";
import { useLocation } from "wouter";
import { nodePage } from "../address";
import { compact, milliseconds, shortNode } from "../format";
import { useText } from "../i18n";
import type { Point, Snapshot } from "../live";

interface Placed {
  node: string;
  x: number;
  y: number;
  state: "running" | "silent" | "stopped";
}

interface Size {
  width: number;
  height: number;
  /** Left of the outermost nodes there is room for their names. */
  side: number;
}

/** Texts are as large as on the rest of the page. */
const WIDE: Size = { width: 540, height: 430, side: 90 };
const NARROW: Size = { width: 340, height: 350, side: 66 };
/** The height for a single node. */
const ALONE = 240;
const ENLARGED = 1.15;
const RADIUS = 30;
const ENDS = 82;
/** Of a letter in a link's label, pixels. */
const LETTER = 6.2;
/** Times of more links than these would be unreadable. */
const LABELLED_NODES = 6;

/** Moves and stretches what there is to from..to. */
function stretch(values: number[], from: number, to: number): number[] {
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  return values.map((value) =>
    span < 0.01 ? (from + to) / 2 : from + ((value - least) / span) * (to - from),
  );
}

function place(snapshot: Snapshot, { width, height, side }: Size): Placed[] {
  const running = snapshot.nodes.map((node) => node.node);
  const names = [...new Set([...running, ...snapshot.unanswered, ...snapshot.stopped])].sort();
  const angles = names.map((_, index) => (index / names.length) * 2 * Math.PI - Math.PI / 2);
  const xs = stretch(angles.map(Math.cos), side, width - side);
  const ys = stretch(angles.map(Math.sin), ENDS, height - ENDS);
  return names.map((node, index) => ({
    node,
    x: xs[index] ?? 0,
    y: ys[index] ?? 0,
    state: running.includes(node) ? "running" : snapshot.unanswered.includes(node) ? "silent" : "stopped",
  }));
}

/** Each pair once, with the mean of what both ends measured. */
function links(snapshot: Snapshot): Map<string, number> {
  const found = new Map<string, number[]>();
  for (const node of snapshot.nodes) {
    for (const link of node.links) {
      if (link.rtt_us === undefined) continue;
      const pair = [node.node, link.node].sort().join(" ");
      found.set(pair, [...(found.get(pair) ?? []), link.rtt_us]);
    }
  }
  return new Map([...found].map(([pair, times]) => [pair, times.reduce((a, b) => a + b, 0) / times.length]));
}

export function ClusterGraph({
  snapshot,
  points,
}: {
  snapshot: Snapshot;
  points: Map<string, Point> | undefined;
}) {
  const t = useText();
  const per = (value: number) => t("node.forwardedTo", { n: compact(value) });
  const [, go] = useLocation();
  const { nodes, unanswered, stopped } = snapshot;
  const alone = nodes.length + unanswered.length + stopped.length === 1;
  const room = useMediaQuery("(max-width: 520px)") ? NARROW : WIDE;
  const size = alone ? { ...room, height: ALONE } : room;
  const placed = place(snapshot, size);
  const names = placed.map((one) => one.node);
  const known = links(snapshot);
  const oneWay = (from: string, to: string) => points?.get(from)?.links.get(to) ?? Number.NaN;
  const flowOf = (a: string, b: string) => oneWay(a, b) + oneWay(b, a);
  const flows = placed.flatMap((a, i) => placed.slice(i + 1).map((b) => flowOf(a.node, b.node) || 0));
  const busiest = Math.max(1, ...flows);
  return (
    <svg
      className="picture"
      viewBox={`0 0 ${size.width} ${size.height}`}
      width="100%"
      style={{ maxWidth: size.width * ENLARGED, marginInline: "auto" }}
      role="img"
      aria-label={t("overview.graph")}
    >
      {placed.flatMap((a, i) =>
        placed.slice(i + 1).map((b) => {
          const time = known.get([a.node, b.node].sort().join(" "));
          const up = a.state === "running" && b.state === "running";
          const flow = flowOf(a.node, b.node);
          const busy = Math.min(1, (flow || 0) / busiest);
          const label = [
            ...(time === undefined ? [] : [milliseconds(time)]),
            ...(Number.isNaN(flow) ? [] : [per(flow)]),
          ].join(" · ");
          const half = (label.length * LETTER) / 2 + 9;
          return (
            <g key={`${a.node} ${b.node}`}>
              <line
                x1={a.x}
                y1={a.y}
                x2={b.x}
                y2={b.y}
                stroke={up ? "var(--accent)" : "var(--line)"}
                strokeOpacity={up ? 0.35 + 0.5 * busy : 1}
                strokeWidth={up ? 1.5 + 2.5 * busy : 1.5}
                strokeDasharray={up ? undefined : "4 5"}
              />
              {up && label && placed.length <= LABELLED_NODES && (
                <g transform={`translate(${(a.x + b.x) / 2} ${(a.y + b.y) / 2})`}>
                  <rect
                    x={-half}
                    y={-11}
                    width={2 * half}
                    height={22}
                    rx={11}
                    fill="var(--surface)"
                    stroke="var(--line)"
                  />
                  <text textAnchor="middle" dy={4} fontSize={11.5} className="soft">
                    {label}
                  </text>
                </g>
              )}
            </g>
          );
        }),
      )}
      {placed.map((one) => {
        const node = snapshot.nodes.find((each) => each.node === one.node);
        const point = points?.get(one.node);
        const here = one.node === snapshot.node;
        const color =
          one.state === "running" ? "var(--accent)" : one.state === "silent" ? "var(--warn)" : "var(--bad)";
        const below = one.y >= size.height / 2 - 1;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the cards beside it are the links for keyboards
          <g
            key={one.node}
            transform={`translate(${one.x} ${one.y})`}
            style={{ cursor: "pointer" }}
            onClick={() => go(nodePage(one.node))}
          >
            <circle r={RADIUS} fill="var(--surface)" stroke={color} strokeWidth={here ? 3 : 1.75} />
            <text textAnchor="middle" dy={5} fontSize={14} fontWeight={600}>
              {node ? compact(node.connections) : "–"}
            </text>
            <text textAnchor="middle" y={below ? RADIUS + 18 : -RADIUS - 22} fontSize={13} fontWeight={600}>
              {shortNode(one.node, names)}
            </text>
            <text textAnchor="middle" y={below ? RADIUS + 34 : -RADIUS - 7} fontSize={11.5} className="soft">
              {point ? `↓ ${per(point.received)}  ↑ ${per(point.sent)}` : t(`node.${one.state}`)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
