// The same way from top to bottom, for narrow screens: below each filter the nodes it leads to, below each node who gets
// the message there.

import type { ReactNode } from "react";
import type { Box, Column, Edge } from "./travel_layout";

function Step({ box, leadsTo, children }: { box: Box; leadsTo?: string[]; children?: ReactNode }) {
  return (
    <li>
      <div className={`way-box ${box.tone}`}>
        <strong>{box.title}</strong>
        {box.hint && <div className="hint">{box.hint}</div>}
        {leadsTo && <div className="hint">→ {leadsTo.join(", ")}</div>}
      </div>
      {children}
    </li>
  );
}

export function TravelStack({ label, columns, edges }: { label: string; columns: Column[]; edges: Edge[] }) {
  const all = new Map(columns.flatMap(({ boxes }) => boxes.map((box) => [box.id, box])));
  const next = (box: Box) => edges.flatMap((edge) => (edge.from === box.id ? (all.get(edge.to) ?? []) : []));
  const [publisher, filters, nodes, subscribers] = columns;
  return (
    <section className="way-tall" aria-label={label}>
      {[publisher, filters, nodes].map((column) => (
        <div key={column?.title}>
          <div className="way-title">
            {column === nodes ? `${nodes?.title} → ${subscribers?.title}` : column?.title}
          </div>
          <ul>
            {column?.boxes.map((box) => (
              <Step
                key={box.id}
                box={box}
                {...(column === filters ? { leadsTo: next(box).map((node) => node.title) } : {})}
              >
                {column === nodes && next(box).length > 0 && (
                  <ul className="way-there">
                    {next(box).map((one) => (
                      <Step key={one.id} box={one} />
                    ))}
                  </ul>
                )}
              </Step>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
