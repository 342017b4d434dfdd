// What the picture of a message's way is made of: boxes in four columns, and what leads from one to the next.

import { shortNode } from "../format";
import type { useText } from "../i18n";
import type { ServerText } from "../server_text";
import type { Explanation } from "../types";

export interface Box {
  id: string;
  title: string;
  hint?: string;
  tone: "accent" | "plain" | "warn" | "bad";
}

export interface Column {
  title: string;
  hint?: string;
  boxes: Box[];
}

export interface Edge {
  from: string;
  to: string;
  dashed?: boolean;
}

/** Subscribers of one node; the others are counted. */
const SHOWN = 8;

type Text = ReturnType<typeof useText>;

export function layout(
  topic: string,
  from: string,
  way: Explanation,
  t: Text,
  serverText: ServerText,
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
      const box: Box = { id: `e ${node}`, title: serverText(list.error), tone: "bad" };
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
