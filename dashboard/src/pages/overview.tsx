import { Link } from "wouter";
import { nodePage } from "../address";
import { bytes, compact, count, duration, percent } from "../format";
import { type TextKey, useText } from "../i18n";
import { type Live, type LiveNode, type Point, useLive } from "../live";
import { Card, Loading, Meter, Note, Page, Tag } from "../parts/basics";
import { Chart } from "../parts/chart";
import { ClusterGraph } from "../parts/cluster_graph";

function Tile({ label, value, unit }: { label: string; value: string; unit?: string }) {
  return (
    <div className="card">
      <div className="tile-label">{label}</div>
      <div className="tile-value">
        {value} {unit && <span className="tile-unit">{unit}</span>}
      </div>
    </div>
  );
}

type Format = (value: number) => string;
type Size = "connections" | "subscriptions" | "topics";

/** Charts of the cluster, or of one node: of what flows, or of how much there is. */
function useCharts(live: Live, node?: string) {
  const t = useText();
  const times = live.history.map((sample) => sample.at);
  const values = (of: (point: Point) => number) =>
    live.history.map((sample) => {
      const point = node === undefined ? sample.cluster : sample.nodes.get(node);
      return point ? of(point) : Number.NaN;
    });
  const rates = (
    title: TextKey,
    series: [TextKey, (point: Point) => number, 1 | 2 | 3 | 4][],
    format?: Format,
  ) => (
    <Card key={title} title={t(title)} hint={t("overview.perSecond")}>
      <Chart
        label={t(title)}
        times={times}
        {...(format ? { format } : {})}
        series={series.map(([label, of, color]) => ({ label: t(label), values: values(of), color }))}
      />
    </Card>
  );
  const size = (key: Size, color: 1 | 2 | 4) => (
    <Card key={key} title={t(`overview.${key}`)}>
      <Chart
        label={t(`overview.${key}`)}
        times={times}
        series={[{ label: t(`overview.${key}`), values: values((p) => p[key]), color }]}
      />
    </Card>
  );
  const messages = rates("overview.messages", [
    ["overview.in", (p) => p.received, 1],
    ["overview.out", (p) => p.sent, 2],
  ]);
  const dropped = rates("overview.dropped", [
    ["overview.dropped", (p) => p.dropped, 3],
    ["overview.forwarded", (p) => p.forwarded, 4],
  ]);
  const traffic = rates(
    "overview.bytes",
    [
      ["overview.bytesIn", (p) => p.bytesIn, 1],
      ["overview.bytesOut", (p) => p.bytesOut, 2],
    ],
    bytes,
  );
  return {
    flows: [messages, dropped],
    sizes: [traffic, size("connections", 1), size("subscriptions", 2), size("topics", 4)],
  };
}

export function NodeCharts({ live, node }: { live: Live; node: string }) {
  const { flows, sizes } = useCharts(live, node);
  return <div className="grid-charts">{[...flows, ...sizes]}</div>;
}

function NodeCard({ node, point, here }: { node: LiveNode; point: Point | undefined; here: boolean }) {
  const t = useText();
  const memory = node.memory_total > 0 ? 1 - node.memory_available / node.memory_total : Number.NaN;
  return (
    <Link to={nodePage(node.node)} className="card node-card">
      <div className="row" style={{ justifyContent: "space-between", marginBottom: 12 }}>
        <strong className="mono" style={{ fontSize: 13.5 }}>
          {node.node}
        </strong>
        <span className="row">
          {here && <Tag tone="accent">{t("node.here")}</Tag>}
          <Tag tone="good" dot>
            {t("node.running")}
          </Tag>
        </span>
      </div>
      <div className="row" style={{ gap: 22, marginBottom: 14 }}>
        <span>
          <b style={{ fontSize: 18 }}>{count(node.connections)}</b>
          <div className="hint">{t("overview.connections")}</div>
        </span>
        <span>
          <b style={{ fontSize: 18 }}>{compact(point?.received ?? Number.NaN)}</b>
          <div className="hint">{t("overview.in") + t("overview.rate")}</div>
        </span>
        <span>
          <b style={{ fontSize: 18 }}>{compact(point?.sent ?? Number.NaN)}</b>
          <div className="hint">{t("overview.out") + t("overview.rate")}</div>
        </span>
      </div>
      {(
        [
          ["node.cpu", point?.cpu ?? Number.NaN, percent(point?.cpu ?? Number.NaN)],
          ["node.memory", memory, `${bytes(node.memory_used)} / ${percent(memory)}`],
        ] as const
      ).map(([name, value, text]) => (
        <div key={name} style={{ marginBottom: 9 }}>
          <div className="row" style={{ justifyContent: "space-between", fontSize: 12.5, marginBottom: 4 }}>
            <span className="hint">{t(name)}</span>
            <span>{text}</span>
          </div>
          <Meter value={value} label={t(name)} />
        </div>
      ))}
      <div className="row hint" style={{ justifyContent: "space-between", marginTop: 12 }}>
        <span>{node.version}</span>
        <span>
          {t("node.uptime")} {duration(node.uptime_s)}
        </span>
      </div>
    </Link>
  );
}

export function NodeCards({ live }: { live: Live }) {
  const t = useText();
  const { snapshot, history } = live;
  if (!snapshot) return null;
  const points = history.at(-1)?.nodes;
  const absent: [string, "silent" | "stopped"][] = [
    ...snapshot.unanswered.map((node): [string, "silent"] => [node, "silent"]),
    ...snapshot.stopped.map((node): [string, "stopped"] => [node, "stopped"]),
  ];
  return (
    <div className="grid-cards">
      {[...snapshot.nodes]
        .sort((a, b) => a.node.localeCompare(b.node))
        .map((node) => (
          <NodeCard
            key={node.node}
            node={node}
            point={points?.get(node.node)}
            here={node.node === snapshot.node}
          />
        ))}
      {absent.map(([node, state]) => (
        <Link key={node} to={nodePage(node)} className="card node-card">
          <div className="row" style={{ justifyContent: "space-between" }}>
            <strong className="mono" style={{ fontSize: 13.5 }}>
              {node}
            </strong>
            <Tag tone={state === "silent" ? "warn" : "bad"} dot>
              {t(`node.${state}`)}
            </Tag>
          </div>
        </Link>
      ))}
    </div>
  );
}

export function Overview() {
  const t = useText();
  const live = useLive();
  const { snapshot, history } = live;
  const { flows, sizes } = useCharts(live);
  const now = history.at(-1)?.cluster;
  if (!snapshot || !now) {
    return (
      <Page title={t("nav.overview")}>
        <Card>
          <span className="hint">{t("overview.waiting")}</span>
          <Loading />
        </Card>
      </Page>
    );
  }
  const all = snapshot.nodes.length + snapshot.stopped.length + snapshot.unanswered.length;
  return (
    <Page title={t("nav.overview")}>
      {snapshot.partitions.length > 0 && <Note tone="bad">{t("overview.split")}</Note>}
      <div className="grid-tiles">
        <Tile label={t("overview.connections")} value={count(now.connections)} />
        <Tile label={t("overview.subscriptions")} value={count(now.subscriptions)} />
        <Tile label={t("overview.topics")} value={count(now.topics)} />
        <Tile label={t("overview.in")} value={compact(now.received)} unit={t("overview.rate")} />
        <Tile label={t("overview.out")} value={compact(now.sent)} unit={t("overview.rate")} />
        <Tile label={t("overview.dropped")} value={compact(now.dropped)} unit={t("overview.rate")} />
      </div>
      <div className="grid-two even">
        <Card
          title={t("overview.cluster")}
          hint={t("overview.nodes", { running: snapshot.nodes.length, all })}
        >
          <ClusterGraph snapshot={snapshot} points={history.at(-1)?.nodes} />
        </Card>
        <div className="stack">{flows}</div>
      </div>
      <div className="grid-four">{sizes}</div>
      <NodeCards live={live} />
    </Page>
  );
}
