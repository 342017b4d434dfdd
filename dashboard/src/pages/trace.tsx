// Why something happened or did not: traces, explanations, slow subscribers, counted topics, who did what.

import { Button, Select, Tabs, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { download, get, path, post, put, remove } from "../api";
import { bytes, count, moment } from "../format";
import { type TextKey, useServerText, useText } from "../i18n";
import { useHere, useNodeNames } from "../live";
import {
  Card,
  ConfirmButton,
  DialogAbout,
  ErrorNote,
  Form,
  FormButton,
  Loading,
  Note,
  Page,
  Refresh,
  Tag,
  useAct,
} from "../parts/basics";
import { ClientLink, NodeLink } from "../parts/links";
import { useList } from "../parts/list";
import { DataTable } from "../parts/table";

const LOG_BYTES = 65536;
const KINDS = ["clientid", "topic", "ip_address"] as const;

interface TraceRow {
  name: string;
  type: string;
  value: string;
  status: "waiting" | "running" | "stopped";
  start_at: number;
  /** Bytes that each node has written. */
  log_size: Record<string, number>;
}

function NewTrace({ close }: { close: () => void }) {
  const t = useText();
  const { act, busy } = useAct([["trace"]]);
  const [name, setName] = useState("");
  const [type, setType] = useState<string>("clientid");
  const [value, setValue] = useState("");
  return (
    <Form
      submit={t("common.start")}
      busy={busy}
      disabled={!name || !value}
      onSubmit={async () => {
        if (await act(() => post("trace", { name, type, value }))) close();
      }}
    >
      <TextInput
        label={t("common.name")}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t("trace.type")}
        data={[
          { value: KINDS[0], label: t("clients.clientid") },
          { value: KINDS[1], label: t("common.topic") },
          { value: KINDS[2], label: t("clients.address") },
        ]}
        allowDeselect={false}
        value={type}
        onChange={(next) => setType(next ?? type)}
      />
      <TextInput
        label={t("trace.value")}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
    </Form>
  );
}

/** The newest lines of one node. */
function LogView({ trace }: { trace: TraceRow }) {
  const t = useText();
  const nodes = Object.keys(trace.log_size).sort();
  const busiest = [...nodes].sort((a, b) => (trace.log_size[b] ?? 0) - (trace.log_size[a] ?? 0))[0];
  const [node, setNode] = useState(busiest ?? "");
  const position = Math.max(0, (trace.log_size[node] ?? 0) - LOG_BYTES);
  const key = ["trace", "log", trace.name, node, position];
  const found = useQuery({
    queryKey: key,
    queryFn: () =>
      get<{ items: string }>(path("trace", trace.name, "log"), {
        node,
        position,
        bytes: 2 * LOG_BYTES,
      }),
  });
  return (
    <div className="stack">
      <div className="fields">
        <Select
          className="grow"
          label={t("common.node")}
          data={nodes}
          allowDeselect={false}
          value={node}
          onChange={(next) => setNode(next ?? node)}
        />
        <Refresh keys={[key]} />
      </div>
      {found.error ? (
        <ErrorNote error={found.error} />
      ) : found.data === undefined ? (
        <Loading />
      ) : (
        <pre className="code" tabIndex={0}>
          {found.data.data.items || t("common.none")}
        </pre>
      )}
    </div>
  );
}

function Traces() {
  const t = useText();
  const { act } = useAct([["trace"]]);
  const found = useQuery({ queryKey: ["trace"], queryFn: () => get<TraceRow[]>("trace") });
  const [shown, setShown] = useState<TraceRow | null>(null);
  return (
    <div className="stack">
      <div className="row">
        <span className="hint">{t("trace.help")}</span>
        <span style={{ flex: 1 }} />
        <Refresh keys={[["trace"]]} />
        {!found.error && (
          <FormButton label={t("trace.start")}>{(close) => <NewTrace close={close} />}</FormButton>
        )}
      </div>
      <DataTable
        label={t("trace.traces")}
        rows={found.data?.data}
        error={found.error}
        meta={found.data?.meta}
        rowKey={(row) => row.name}
        columns={[
          { title: t("common.name"), cell: (row) => <strong className="mono">{row.name}</strong> },
          { title: t("trace.type"), cell: (row) => <Tag>{row.type}</Tag> },
          { title: t("trace.value"), cell: (row) => <span className="mono">{row.value}</span> },
          {
            title: t("common.status"),
            cell: (row) => (
              <Tag tone={row.status === "running" ? "good" : "plain"} dot>
                {t(`trace.status.${row.status}`)}
              </Tag>
            ),
          },
          { title: t("alarms.since"), cell: (row) => moment(row.start_at) },
          {
            title: t("trace.lines"),
            kind: "num",
            cell: (row) => bytes(Object.values(row.log_size).reduce((sum, size) => sum + size, 0)),
          },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
                <Button size="xs" variant="default" onClick={() => setShown(row)}>
                  {t("trace.view")}
                </Button>
                <Button
                  size="xs"
                  variant="default"
                  onClick={() =>
                    act(() => download(path("trace", row.name, "download"), `${row.name}.log`), "")
                  }
                >
                  {t("common.download")}
                </Button>
                {row.status !== "stopped" && (
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => act(() => put(path("trace", row.name, "stop")))}
                  >
                    {t("common.stop")}
                  </Button>
                )}
                <ConfirmButton
                  label={t("common.delete")}
                  help={row.name}
                  onConfirm={() => act(() => remove(path("trace", row.name)))}
                />
              </span>
            ),
          },
        ]}
      />
      <DialogAbout
        subject={shown}
        onClose={() => setShown(null)}
        size="xl"
        title={(trace) => t("trace.log", { name: trace.name })}
      >
        {(trace) => <LogView trace={trace} />}
      </DialogAbout>
    </div>
  );
}

interface Why {
  steps: { step: string; node: string; ok: boolean; text: string }[];
  verdict: string;
}

function WhyNot() {
  const t = useText();
  const serverText = useServerText();
  const nodes = useNodeNames();
  const here = useHere();
  const [clientid, setClient] = useState("");
  const [topic, setTopic] = useState("");
  const [node, setNode] = useState<string | null>(null);
  const [found, setFound] = useState<Why | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const ask = async () => {
    setBusy(true);
    setError(null);
    setFound(null);
    try {
      setFound((await post<Why>("trace_explain", { clientid, topic, ...(node ? { node } : {}) })).data);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  return (
    <div className="stack">
      <span className="hint">{t("trace.whyHelp")}</span>
      <form
        className="card fields"
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <TextInput
          className="grow"
          label={t("clients.clientid")}
          value={clientid}
          onChange={(event) => setClient(event.currentTarget.value)}
        />
        <TextInput
          className="grow"
          label={t("common.topic")}
          value={topic}
          onChange={(event) => setTopic(event.currentTarget.value)}
        />
        <Select
          w={230}
          label={t("topics.publishedOn")}
          clearable
          placeholder={here}
          data={nodes}
          value={node}
          onChange={setNode}
        />
        <Button type="submit" loading={busy} disabled={!clientid || !topic}>
          {t("trace.run")}
        </Button>
      </form>
      {error !== null && <ErrorNote error={error} />}
      {found && (
        <Card title={t("trace.verdict")}>
          <div className="stack">
            <Note tone={found.steps.every((step) => step.ok) ? "good" : "warn"}>
              {serverText(found.verdict)}
            </Note>
            {found.steps.map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: steps have an order and nothing else
              <div key={index} className="row" style={{ alignItems: "flex-start", flexWrap: "nowrap" }}>
                <Tag tone={step.ok ? "good" : "bad"} dot>
                  {step.step}
                </Tag>
                <span>
                  {serverText(step.text)} <span className="hint mono">{step.node}</span>
                </span>
              </div>
            ))}
          </div>
        </Card>
      )}
    </div>
  );
}

interface Slow {
  clientid: string;
  topic: string;
  node: string;
  latency_ms: number;
  last_update: number;
}

function SlowSubscriptions() {
  const t = useText();
  const keys = [["slow_subscriptions"]];
  const { act } = useAct(keys);
  const found = useQuery({
    queryKey: ["slow_subscriptions"],
    queryFn: () => get<Slow[]>("slow_subscriptions"),
  });
  return (
    <div className="stack">
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Refresh keys={keys} />
        <Button
          variant="default"
          disabled={!found.data}
          onClick={() => act(() => remove("slow_subscriptions"))}
        >
          {t("common.clear")}
        </Button>
      </div>
      <DataTable
        label={t("trace.slow")}
        rows={found.data?.data}
        error={found.error}
        meta={found.data?.meta}
        rowKey={(row) => `${row.node} ${row.clientid} ${row.topic}`}
        columns={[
          { title: t("common.client"), cell: (row) => <ClientLink id={row.clientid} /> },
          { title: t("common.topic"), cell: (row) => <span className="mono">{row.topic}</span> },
          { title: t("trace.latency"), kind: "num", cell: (row) => `${count(row.latency_ms)} ms` },
          { title: t("trace.last"), cell: (row) => moment(row.last_update) },
          { title: t("common.node"), cell: (row) => <NodeLink node={row.node} /> },
        ]}
      />
    </div>
  );
}

interface TopicMetrics {
  topic: string;
  metrics: Record<string, number>;
}

function CountedTopics() {
  const t = useText();
  const keys = [["topic-metrics"]];
  const { act, busy } = useAct(keys);
  const [topic, setTopic] = useState("");
  const found = useQuery({
    queryKey: ["topic-metrics"],
    queryFn: () => get<TopicMetrics[]>("topic-metrics"),
  });
  const figure = (row: TopicMetrics, name: string) => count(row.metrics[name] ?? Number.NaN);
  const figures: [TextKey, string][] = [
    ["trace.in", "messages.in.count"],
    ["trace.out", "messages.out.count"],
    ["trace.dropped", "messages.dropped.count"],
  ];
  return (
    <div className="stack">
      <form
        className="card fields"
        onSubmit={(event) => {
          event.preventDefault();
          void act(() => post("topic-metrics", { topic }));
        }}
      >
        <TextInput
          className="grow"
          label={t("common.topic")}
          value={topic}
          onChange={(event) => setTopic(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} disabled={!topic || !found.data}>
          {t("trace.addTopic")}
        </Button>
        <Refresh keys={keys} />
      </form>
      <DataTable
        label={t("trace.topics")}
        rows={found.data?.data}
        error={found.error}
        meta={found.data?.meta}
        rowKey={(row) => row.topic}
        columns={[
          { title: t("common.topic"), cell: (row) => <span className="mono">{row.topic}</span> },
          ...figures.map(([title, name]) => ({
            title: t(title),
            kind: "num" as const,
            cell: (row: TopicMetrics) => figure(row, name),
          })),
          {
            title: t("common.actions"),
            kind: "acts" as const,
            cell: (row: TopicMetrics) => (
              <ConfirmButton
                label={t("common.delete")}
                help={row.topic}
                onConfirm={() => act(() => remove(path("topic-metrics", row.topic)))}
              />
            ),
          },
        ]}
      />
    </div>
  );
}

interface AuditRow {
  at: number;
  node: string;
  who: string;
  from: string;
  action: string;
  detail: string;
  result: string;
}

function Audit() {
  const t = useText();
  const list = useList<AuditRow>("audit", "audit");
  return (
    <div className="stack">
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Refresh keys={[["audit"]]} />
      </div>
      <DataTable
        label={t("trace.audit")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        rowKey={(row, index) => `${index} ${row.at} ${row.node}`}
        columns={[
          { title: t("common.at"), cell: (row) => moment(row.at) },
          { title: t("trace.who"), cell: (row) => <strong>{row.who}</strong> },
          {
            title: t("common.from"),
            cell: (row) => (
              <span className="mono" style={{ whiteSpace: "normal" }}>
                {row.from}
              </span>
            ),
          },
          { title: t("trace.action"), kind: "wrap", cell: (row) => row.action },
          { title: t("trace.detail"), kind: "wrap", cell: (row) => row.detail },
          { title: t("trace.result"), cell: (row) => row.result },
          { title: t("common.node"), cell: (row) => <span className="mono">{row.node}</span> },
        ]}
      />
    </div>
  );
}

const tabs: { value: string; text: TextKey; panel: () => ReactNode }[] = [
  { value: "traces", text: "trace.traces", panel: Traces },
  { value: "why", text: "trace.why", panel: WhyNot },
  { value: "slow", text: "trace.slow", panel: SlowSubscriptions },
  { value: "topics", text: "trace.topics", panel: CountedTopics },
  { value: "audit", text: "trace.audit", panel: Audit },
];

export function Trace() {
  const t = useText();
  return (
    <Page title={t("nav.trace")}>
      <Tabs defaultValue="traces" keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(({ value, text }) => (
            <Tabs.Tab key={value} value={value}>
              {t(text)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map(({ value, panel: Panel }) => (
          <Tabs.Panel key={value} value={value}>
            <Panel />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
