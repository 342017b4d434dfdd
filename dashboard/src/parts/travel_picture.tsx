// The way of a message, drawn: the node where it is published, the filters that match, the nodes they lead to, and
// who gets it there.

import { useServerText, useText } from "../i18n";
import type { Explanation } from "../types";
import { type Column, type Edge, layout } from "./travel_layout";
import { TravelStack } from "./travel_stack";

const BOX = { width: 210, height: 44, gap: 12 };
const COLUMN = 275;
const TOP = 50;
/** As many characters fit. */
const LETTERS = { title: 24, hint: 33 };

function cut(text: string, letters: number): string {
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

const fills = {
  accent: "var(--accent-soft)",
  plain: "var(--surface-sunken)",
  warn: "var(--warn-soft)",
  bad: "var(--bad-soft)",
};

/** Side by side where there is room, else one below the other. */
export function TravelPicture({ topic, from, way }: { topic: string; from: string; way: Explanation }) {
  const t = useText();
  const { columns, edges } = layout(topic, from, way, t, useServerText());
  return (
    <div className="way">
      <Columns label={t("topics.picture", { topic })} columns={columns} edges={edges} />
      <TravelStack label={t("topics.picture", { topic })} columns={columns} edges={edges} />
    </div>
  );
}

function Columns({ label, columns, edges }: { label: string; columns: Column[]; edges: Edge[] }) {
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
    <svg
      className="picture way-wide"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      {columns.map((column, x) => (
        <text key={column.title} x={2 + x * COLUMN} y={20} fontSize={12.5} fontWeight={600} className="soft">
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
  );
}
