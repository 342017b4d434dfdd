import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, remove } from "../api";
import { bytes, compact, count, duration, milliseconds, percent } from "../format";
import { useText } from "../i18n";
import { useLive } from "../live";
import {
  Card,
  ConfirmButton,
  ErrorNote,
  Loading,
  Note,
  Page,
  Pairs,
  Refresh,
  Tag,
  useAct,
} from "../parts/basics";
import { DataTable } from "../parts/table";
import { ListenersOf } from "./listeners";
import { NodeCharts } from "./overview";
import { Shed } from "./shedding";

type Counters = Record<string, number>;

function Sizes({ node }: { node: string }) {
  const t = useText();
  const stats = useQuery({
    queryKey: ["stats", node],
    queryFn: () => get<Counters>(`${path("nodes", node)}/stats`),
  });
  const data = stats.data?.data;
  const names = data && [...new Set(Object.keys(data).map((name) => name.replace(/\.(count|max)$/, "")))];
  return (
    <DataTable
      label={t("node.sizes")}
      rows={names}
      error={stats.error}
      rowKey={(name) => name}
      columns={[
        { title: t("node.sizes"), cell: (name) => name },
        { title: t("node.value"), kind: "num", cell: (name) => count(data?.[`${name}.count`] ?? 0) },
        { title: t("node.peak"), kind: "num", cell: (name) => count(data?.[`${name}.max`] ?? 0) },
      ]}
    />
  );
}

function CounterTable({ node }: { node: string }) {
  const t = useText();
  const [part, setPart] = useState("");
  const metrics = useQuery({
    queryKey: ["metrics", node],
    queryFn: () => get<Counters>(`${path("nodes", node)}/metrics`),
  });
  const all = metrics.data && Object.entries(metrics.data.data);
  const shown = part ? all?.filter(([name]) => name.includes(part)) : all?.filter(([, value]) => value > 0);
  return (
    <div className="stack">
      <TextInput
        label={t("node.counter")}
        placeholder="messages"
        value={part}
        onChange={(event) => setPart(event.currentTarget.value)}
      />
      <DataTable
        label={t("node.counters")}
        rows={shown}
        error={metrics.error}
        rowKey={([name]) => name}
        columns={[
          { title: t("node.counter"), cell: ([name]) => <span className="mono">{name}</span> },
          { title: t("node.value"), kind: "num", cell: ([, value]) => count(value) },
        ]}
      />
    </div>
  );
}

export function NodeDetail({ node }: { node: string }) {
  const t = useText();
  const live = useLive();
  const { act } = useAct([["cluster"]]);
  const now = live.snapshot?.nodes.find((each) => each.node === node);
  const point = live.history.at(-1)?.nodes.get(node);
  const here = live.snapshot?.node === node;
  const member =
    [...(live.snapshot?.stopped ?? []), ...(live.snapshot?.unanswered ?? [])].includes(node) || now;
  return (
    <Page
      title={<span className="mono">{node}</span>}
      aside={
        <div className="row">
          {now ? (
            <Tag tone="good" dot>
              {t("node.running")}
            </Tag>
          ) : (
            live.snapshot && (
              <Tag tone="bad" dot>
                {t("node.stopped")}
              </Tag>
            )
          )}
          {here && <Tag tone="accent">{t("node.here")}</Tag>}
          <Refresh keys={[["stats", node], ["metrics", node], ["listeners"]]} />
          {member && !here && (
            <ConfirmButton
              size="sm"
              label={t("nodes.remove")}
              help={t("nodes.removeHelp", { node })}
              onConfirm={() => act(() => remove(path("cluster", node)), t("nodes.removed"))}
            />
          )}
        </div>
      }
    >
      {!live.snapshot && <Loading />}
      {now && (
        <>
          <div className="grid-two">
            <Card title={t("common.status")}>
              <Pairs
                items={[
                  [t("node.version"), now.version],
                  [t("node.uptime"), duration(now.uptime_s)],
                  [
                    t("node.cpu"),
                    `${percent(point?.cpu ?? Number.NaN)}, ${t("node.process")}: ${percent(point?.process ?? Number.NaN)}`,
                  ],
                  [t("node.load"), now.load1.toFixed(2)],
                  [
                    t("node.memory"),
                    t("node.memoryOf", {
                      used: bytes(now.memory_used),
                      free: bytes(now.memory_available),
                      total: bytes(now.memory_total),
                    }),
                  ],
                  [t("overview.connections"), count(now.connections)],
                  [t("node.sessions"), count(now.sessions)],
                  [t("overview.subscriptions"), count(now.subscriptions)],
                  [t("overview.retained"), count(now.retained)],
                  [t("node.delayed"), count(now.delayed)],
                  [
                    t("overview.forwarded"),
                    t("node.forwardedTo", { n: compact(point?.forwarded ?? Number.NaN) }),
                  ],
                ]}
              />
            </Card>
            <div className="stack">
              <Card title={t("node.links")} hint={t("node.linksHelp")}>
                {now.links.length === 0 ? (
                  <span className="hint">{t("common.none")}</span>
                ) : (
                  <Pairs
                    items={now.links.map((link) => [
                      <span key={link.node} className="mono">
                        {link.node}
                      </span>,
                      `${milliseconds(link.rtt_us ?? Number.NaN)}, ${t("node.forwardedTo", {
                        n: compact(point?.links.get(link.node) ?? Number.NaN),
                      })}`,
                    ])}
                  />
                )}
              </Card>
              <Card title={t("nodes.evacuation")}>
                <p className="hint" style={{ marginTop: 0 }}>
                  {t("nodes.evacuateHelp")}
                </p>
                <Shed node={node} what="evacuation" />
              </Card>
            </div>
          </div>
          <NodeCharts live={live} node={node} />
          <ListenersOf node={node} />
          <div className="grid-two">
            <Sizes node={node} />
            <CounterTable node={node} />
          </div>
        </>
      )}
      {live.snapshot && member && !now && <Note tone="warn">{t("node.stoppedHelp", { node })}</Note>}
      {live.snapshot && !member && <ErrorNote error={new Error(t("common.noMatch"))} />}
    </Page>
  );
}
