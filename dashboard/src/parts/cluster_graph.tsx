// The nodes on a circle, the links between them with their round-trip times, and what flows.

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

const WIDTH = 640;
const HEIGHT = 460;
const RADIUS = 30;
/** Times of more links than these would be unreadable. */
const LABELLED_NODES = 6;

function place(snapshot: Snapshot): Placed[] {
  const running = snapshot.nodes.map((node) => node.node);
  const names = [...new Set([...running, ...snapshot.unanswered, ...snapshot.stopped])].sort();
  return names.map((node, index) => {
    const angle = (index / names.length) * 2 * Math.PI - Math.PI / 2;
    const single = names.length === 1;
    return {
      node,
      x: WIDTH / 2 + (single ? 0 : Math.cos(angle) * (WIDTH / 2 - 120)),
      y: HEIGHT / 2 + (single ? 0 : Math.sin(angle) * (HEIGHT / 2 - 70)),
      state: running.includes(node) ? "running" : snapshot.unanswered.includes(node) ? "silent" : "stopped",
    };
  });
}

/** Each pair once, with the mean of what both ends measured. */
function links(snapshot: Snapshot): Map<string, number> {
  const found = new Map<string, number[]>();
  for (const node of snapshot.nodes) {
    for (const link of node.links) {
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
  const [, go] = useLocation();
  const placed = place(snapshot);
  const names = placed.map((one) => one.node);
  const known = links(snapshot);
  const busiest = Math.max(1, ...[...(points?.values() ?? [])].map((p) => p.forwarded || 0));
  return (
    <svg
      className="picture"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width="100%"
      role="img"
      aria-label={t("overview.graph")}
    >
      {placed.flatMap((a, i) =>
        placed.slice(i + 1).map((b) => {
          const time = known.get([a.node, b.node].sort().join(" "));
          const up = a.state === "running" && b.state === "running";
          const flow = (points?.get(a.node)?.forwarded || 0) + (points?.get(b.node)?.forwarded || 0);
          return (
            <g key={`${a.node} ${b.node}`}>
              <line
                x1={a.x}
                y1={a.y}
                x2={b.x}
                y2={b.y}
                stroke={up ? "var(--accent)" : "var(--line)"}
                strokeOpacity={up ? 0.35 + 0.5 * Math.min(1, flow / (2 * busiest)) : 1}
                strokeWidth={up ? 1.5 + 2.5 * Math.min(1, flow / (2 * busiest)) : 1.5}
                strokeDasharray={up ? undefined : "4 5"}
              />
              {up && time !== undefined && placed.length <= LABELLED_NODES && (
                <g transform={`translate(${(a.x + b.x) / 2} ${(a.y + b.y) / 2})`}>
                  <rect
                    x={-30}
                    y={-11}
                    width={60}
                    height={22}
                    rx={11}
                    fill="var(--surface)"
                    stroke="var(--line)"
                  />
                  <text textAnchor="middle" dy={4} fontSize={11.5} className="soft">
                    {milliseconds(time)}
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
        const below = one.y >= HEIGHT / 2 - 1;
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
              {point ? `↓ ${compact(point.received)}/s  ↑ ${compact(point.sent)}/s` : t(`node.${one.state}`)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
