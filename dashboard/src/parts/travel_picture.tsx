// The way of a message, drawn: the node where it is published, the filters that match, the nodes they lead to, and
// who gets it there.

import { shortNode } from "../format";
import { useText } from "../i18n";
import type { Explanation } from "../types";

interface Box {
  id: string;
  title: string;
  hint?: string;
  tone: "accent" | "plain" | "warn" | "bad";
}

interface Column {
  title: string;
  hint?: string;
  boxes: Box[];
}

interface Edge {
  from: string;
  to: string;
  dashed?: boolean;
}

const SHOWN = 8;
const BOX = { width: 210, height: 44, gap: 12 };
const COLUMN = 275;
const TOP = 50;
/** As many characters fit. */
const LETTERS = { title: 24, hint: 33 };

function cut(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

type Text = ReturnType<typeof useText>;

function layout(
  topic: string,
  from: string,
  way: Explanation,
  t: Text,
): { columns: Column[]; edges: Edge[] } {
  const edges: Edge[] = [];
  const filters = new Map<string, Box>();
  const nodes = new Map<string, Box>();
  const subscribers: Box[] = [];
  const all = [
    from,
    ...way.routes.map((r) => r.node),
    ...way.groups.map((g) => g.node),
    ...way.away.map((r) => r.node),
  ];
  const link = (filter: string, node: string, hint: string | undefined, away: boolean) => {
    const box: Box = { id: `f ${filter}`, title: filter, tone: "plain", ...(hint ? { hint } : {}) };
    if (!filters.has(filter)) {
      filters.set(filter, box);
      edges.push({ from: "publisher", to: box.id });
    }
    const id = `n ${node}`;
    if (!nodes.has(node)) {
      nodes.set(node, {
        id,
        title: shortNode(node, [...new Set(all)]),
        hint: away ? t("topics.away") : node === from ? t("topics.local") : t("topics.oneCopy"),
        tone: away ? "warn" : "accent",
      });
    }
    edges.push({ from: box.id, to: id, dashed: away });
  };
  for (const route of way.routes) link(route.topic, route.node, undefined, false);
  for (const group of way.groups) {
    const members = t("topics.members", { online: group.online, members: group.members });
    link(group.group, group.node, `${t("topics.oneMember")}, ${members}`, false);
  }
  for (const route of way.away) link(route.topic, route.node, undefined, true);
  for (const node of nodes.keys()) {
    const list = way.subscribers[node];
    if (list === undefined) continue;
    if (!Array.isArray(list)) {
      const box: Box = { id: `e ${node}`, title: list.error, tone: "bad" };
      subscribers.push(box);
      edges.push({ from: `n ${node}`, to: box.id });
      continue;
    }
    list.slice(0, SHOWN).forEach((one, index) => {
      const id = `s ${node} ${index}`;
      const hint = `${String(one.topic)}, QoS ${String(one.qos)}`;
      subscribers.push({ id, title: String(one.clientid), hint, tone: "plain" });
      edges.push({ from: `n ${node}`, to: id });
    });
    if (list.length > SHOWN) {
      const id = `m ${node}`;
      subscribers.push({ id, title: t("topics.more", { n: list.length - SHOWN }), tone: "plain" });
      edges.push({ from: `n ${node}`, to: id });
    }
  }
  const publisher: Box = { id: "publisher", title: topic, hint: from, tone: "accent" };
  return {
    edges,
    columns: [
      { title: t("topics.publisher"), boxes: [publisher] },
      { title: t("topics.filters"), boxes: [...filters.values()] },
      { title: t("topics.destinations"), boxes: [...nodes.values()] },
      { title: t("topics.subscribers"), boxes: subscribers },
    ],
  };
}

const fills = {
  accent: "var(--accent-soft)",
  plain: "var(--surface-sunken)",
  warn: "var(--warn-soft)",
  bad: "var(--bad-soft)",
};

export function TravelPicture({ topic, from, way }: { topic: string; from: string; way: Explanation }) {
  const t = useText();
  const { columns, edges } = layout(topic, from, way, t);
  const tallest = Math.max(...columns.map((column) => column.boxes.length));
  const step = BOX.height + BOX.gap;
  const height = TOP + tallest * step + 8;
  const width = COLUMN * (columns.length - 1) + BOX.width + 4;
  const at = new Map<string, { x: number; y: number }>();
  columns.forEach((column, x) => {
    const first = TOP + ((tallest - column.boxes.length) * step) / 2;
    column.boxes.forEach((box, y) => {
      at.set(box.id, { x: 2 + x * COLUMN, y: first + y * step });
    });
  });
  return (
    <div className="scroller" role="region" tabIndex={0} aria-label={t("topics.picture", { topic })}>
      <svg
        className="picture"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t("topics.picture", { topic })}
      >
        {columns.map((column, x) => (
          <text
            key={column.title}
            x={2 + x * COLUMN}
            y={20}
            fontSize={12.5}
            fontWeight={600}
            className="soft"
          >
            {column.title}
          </text>
        ))}
        {edges.map((edge) => {
          const a = at.get(edge.from);
          const b = at.get(edge.to);
          if (!a || !b) return null;
          const x1 = a.x + BOX.width;
          const y1 = a.y + BOX.height / 2;
          const y2 = b.y + BOX.height / 2;
          const middle = (x1 + b.x) / 2;
          return (
            <path
              key={`${edge.from} ${edge.to}`}
              d={`M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${b.x} ${y2}`}
              fill="none"
              stroke="var(--accent)"
              strokeOpacity={0.65}
              strokeWidth={1.6}
              strokeDasharray={edge.dashed ? "4 5" : undefined}
            />
          );
        })}
        {columns.flatMap((column) =>
          column.boxes.map((box) => {
            const place = at.get(box.id);
            return (
              <g key={box.id} transform={`translate(${place?.x ?? 0} ${place?.y ?? 0})`}>
                <title>{box.hint ? `${box.title} (${box.hint})` : box.title}</title>
                <rect
                  width={BOX.width}
                  height={BOX.height}
                  rx={10}
                  fill={fills[box.tone]}
                  stroke="var(--line)"
                />
                <text x={12} y={box.hint ? 19 : 27} fontSize={13} fontWeight={600}>
                  {cut(box.title, LETTERS.title)}
                </text>
                {box.hint && (
                  <text x={12} y={35} fontSize={11.5} className="soft">
                    {cut(box.hint, LETTERS.hint)}
                  </text>
                )}
              </g>
            );
          }),
        )}
      </svg>
    </div>
  );
}
