// The members of the cluster: who comes and goes, and what happened between them.

import { TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get, post } from "../api";
import { count, moment } from "../format";
import { useText } from "../i18n";
import { useLive, useLiveValue } from "../live";
import {
  Card,
  ConfirmButton,
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
import { DataTable } from "../parts/table";
import type { Cluster, Heal } from "../types";
import { NodeCards } from "./overview";
import { Shed } from "./shedding";

export function Nodes() {
  const t = useText();
  const live = useLive();
  const here = live.snapshot?.node ?? "";
  const { act, busy } = useAct([["cluster"]]);
  const cluster = useQuery({ queryKey: ["cluster"], queryFn: () => get<Cluster>("cluster") });
  const [name, setName] = useState("");
  const split = live.snapshot?.partitions ?? [];
  const apart = live.snapshot?.apart ?? [];
  return (
    <Page
      title={t("nav.nodes")}
      aside={
        <div className="row">
          <Refresh keys={[["cluster"]]} />
          <FormButton label={t("nodes.join")}>
            {(close) => (
              <Form
                submit={t("nodes.join")}
                busy={busy}
                disabled={!name.includes("@")}
                onSubmit={async () => {
                  if (await act(() => post("cluster/join", { node: name.trim() }), t("nodes.joined")))
                    close();
                }}
              >
                <p className="hint" style={{ margin: 0 }}>
                  {t("nodes.joinHelp", { node: here })}
                </p>
                <TextInput
                  label={t("nodes.joinName")}
                  placeholder="meshmq@10.0.0.1"
                  data-autofocus
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
              </Form>
            )}
          </FormButton>
          <ConfirmButton
            size="sm"
            label={t("nodes.leave")}
            help={t("nodes.leaveHelp", { node: here })}
            onConfirm={() => act(() => post("cluster/leave"), t("nodes.left"))}
          />
        </div>
      }
    >
      {cluster.error && <ErrorNote error={cluster.error} />}
      {split.length > 0 && (
        <Card title={t("nodes.partitions")}>
          <div className="stack">
            <Note tone="bad">{t("overview.split")}</Note>
            {split.map((part) => (
              <span key={part.join()} className="mono">
                {part.join(", ")}
              </span>
            ))}
          </div>
        </Card>
      )}
      {apart.length > 0 && (
        <div className="row">
          <Note tone="warn">{apart.join(", ")}</Note>
          <ConfirmButton
            label={t("nodes.heal")}
            help={apart.join(", ")}
            onConfirm={() => act(() => post("cluster/heal"))}
          />
        </div>
      )}
      {live.snapshot ? <NodeCards live={live} /> : <Loading />}
      <div className="grid-two">
        <Card title={t("nodes.rebalance")} hint={t("nodes.rebalanceHelp")}>
          {here && <Shed node={here} what="rebalancing" />}
        </Card>
        <Tables />
      </div>
      <History />
    </Page>
  );
}

interface Verification {
  nodes: string[];
  silent: string[];
  differences: string[];
  rows: number;
  shared_rows: number;
}

function Tables() {
  const t = useText();
  const { act, busy } = useAct([]);
  const [found, setFound] = useState<Verification | null>(null);
  return (
    <Card title={t("nodes.tables")} hint={t("nodes.verifyHelp")}>
      <Form
        submit={t("nodes.verify")}
        busy={busy}
        onSubmit={() => act(async () => setFound((await get<Verification>("cluster/verify")).data), "")}
      >
        {found &&
          (found.differences.length === 0 && found.silent.length === 0 ? (
            <Note tone="good">
              {t("nodes.verified", { rows: count(found.rows), shared: count(found.shared_rows) })}
            </Note>
          ) : (
            <Note tone="warn">
              {t("nodes.differs", { text: [...found.differences, ...found.silent].join("; ") })}
            </Note>
          ))}
      </Form>
    </Card>
  );
}

function History() {
  const t = useText();
  const queries = useQueryClient();
  const together = useLiveValue(
    ({ snapshot }) => `${snapshot?.nodes.length} ${snapshot?.stopped.length} ${snapshot?.healed_at}`,
  );
  // The live feed says when something has happened.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is what happened that matters
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["cluster"] });
  }, [together]);
  const heals = useQuery({
    queryKey: ["cluster", "heal-log"],
    queryFn: () => get<Heal[]>("cluster/heal-log"),
  });
  return (
    <section className="stack" style={{ gap: 8 }}>
      <h2 className="card-title">{t("nodes.history")}</h2>
      <DataTable
        label={t("nodes.history")}
        rows={heals.data && [...heals.data.data].reverse()}
        error={heals.error}
        empty={t("nodes.noHistory")}
        rowKey={(heal) => String(heal.id)}
        columns={[
          { title: t("nodes.split"), cell: (heal) => moment(heal.split_at) },
          { title: t("nodes.met"), cell: (heal) => moment(heal.met_at) },
          {
            title: t("nodes.healed"),
            cell: (heal) => (
              <Tag tone={heal.healed_at ? "good" : "warn"} dot>
                {heal.healed_at ? moment(heal.healed_at) : t("nodes.healing")}
              </Tag>
            ),
          },
          { title: t("nodes.coordinator"), cell: (heal) => <span className="mono">{heal.coordinator}</span> },
          {
            title: t("nodes.views"),
            kind: "wrap",
            cell: (heal) =>
              heal.split_view.map((part) => (
                <div key={part.join()}>
                  <span className="mono">{part.join(", ")}</span>
                </div>
              )),
          },
        ]}
      />
    </section>
  );
}
