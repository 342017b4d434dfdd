import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path, put } from "../api";
import { count } from "../format";
import { useText } from "../i18n";
import { useNodeNames } from "../live";
import { ConfirmButton, Name, Page, Refresh, Tag, useAct } from "../parts/basics";
import { DataTable } from "../parts/table";
import type { Listener } from "../types";

export function ListenersOf({ node }: { node: string }) {
  const t = useText();
  const key = ["listeners", node];
  const { act, busy } = useAct([key]);
  const found = useQuery({
    queryKey: key,
    queryFn: () => get<Listener[]>(`${path("nodes", node)}/listeners`),
  });
  const target = (listener: Listener, verb: string) =>
    path("nodes", node, "listeners", listener.identifier ?? "", verb);
  return (
    <DataTable
      label={`${t("nav.listeners")}, ${node}`}
      rows={found.data?.data}
      error={found.error}
      meta={found.data?.meta}
      rowKey={(row) => row.identifier ?? row.protocol}
      columns={[
        {
          title: t("common.name"),
          cell: (row) => <Name>{row.identifier ?? row.protocol}</Name>,
        },
        { title: t("listeners.address"), cell: (row) => <span className="mono">{row.listen_on}</span> },
        {
          title: t("common.status"),
          cell: (row) => (
            <Tag tone={row.running !== false ? "good" : "bad"} dot>
              {t(row.running !== false ? "listeners.running" : "listeners.stopped")}
            </Tag>
          ),
        },
        { title: t("listeners.connections"), kind: "num", cell: (row) => count(row.current_conns) },
        { title: t("listeners.limit"), kind: "num", cell: (row) => count(row.max_conns) },
        {
          title: t("listeners.ended"),
          kind: "wrap",
          cell: (row) =>
            Object.entries(row.shutdown_count)
              .map(([reason, times]) => `${reason}: ${times}`)
              .join(", ") || "–",
        },
        {
          title: t("common.actions"),
          kind: "acts",
          cell: (row) =>
            row.identifier === undefined ? (
              <span className="hint">{t("listeners.http")}</span>
            ) : row.running !== false ? (
              <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
                <ConfirmButton
                  label={t("common.restart")}
                  help={t("listeners.restartHelp", { listener: row.identifier, node })}
                  onConfirm={() => act(() => put(target(row, "restart")))}
                />
                <ConfirmButton
                  label={t("common.stop")}
                  help={t("listeners.stopHelp", { listener: row.identifier, node })}
                  onConfirm={() => act(() => put(target(row, "stop")))}
                />
              </span>
            ) : (
              <Button size="xs" loading={busy} onClick={() => act(() => put(target(row, "start")))}>
                {t("common.start")}
              </Button>
            ),
        },
      ]}
    />
  );
}

export function Listeners() {
  const t = useText();
  const nodes = useNodeNames();
  return (
    <Page title={t("nav.listeners")} aside={<Refresh keys={[["listeners"]]} />}>
      {nodes.map((node) => (
        <section key={node} className="stack" style={{ gap: 8 }}>
          <h2 className="card-title mono">{node}</h2>
          <ListenersOf node={node} />
        </section>
      ))}
    </Page>
  );
}
