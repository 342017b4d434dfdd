import { Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { path, remove } from "../api";
import { given, roughly } from "../format";
import { useText } from "../i18n";
import { useNodeNames } from "../live";
import { ConfirmButton, Page, Refresh, Tag, useAct } from "../parts/basics";
import { ClientLink, NodeLink } from "../parts/links";
import { useList } from "../parts/list";
import { DataTable } from "../parts/table";
import type { Client } from "../types";

/** Of MQTT. */
export function version(client: Client): string {
  const versions: Record<number, string> = { 3: "3.1", 4: "3.1.1", 5: "5.0" };
  return versions[client.proto_ver] ?? String(client.proto_ver);
}

export function Clients() {
  const t = useText();
  const nodes = useNodeNames();
  const [node, setNode] = useState<string | null>(null);
  const list = useList<Client>("clients", node ? `${path("nodes", node)}/clients` : "clients");
  const { act } = useAct([["clients"]]);
  const text = (name: string) => ({
    value: list.filters[name] ?? "",
    onChange: (event: { currentTarget: { value: string } }) =>
      list.setFilter(name, event.currentTarget.value),
  });
  return (
    <Page title={t("nav.clients")} aside={<Refresh keys={[["clients"]]} />}>
      <div className="card fields">
        <TextInput
          className="grow"
          label={t("clients.clientid")}
          placeholder={t("clients.searchHelp")}
          {...text("_like_clientid")}
        />
        <TextInput
          className="grow"
          label={t("clients.username")}
          placeholder={t("clients.searchHelp")}
          {...text("_like_username")}
        />
        <TextInput w={120} label={t("clients.address")} placeholder="10.0.0.7" {...text("ip_address")} />
        <Select
          w={130}
          label={t("clients.state")}
          placeholder={t("common.all")}
          clearable
          data={[
            { value: "connected", label: t("clients.connected") },
            { value: "disconnected", label: t("clients.away") },
          ]}
          value={list.filters.conn_state || null}
          onChange={(value) => list.setFilter("conn_state", value)}
        />
        <Select
          w={130}
          label={t("clients.protocol")}
          placeholder={t("common.all")}
          clearable
          data={[
            { value: "5", label: "MQTT 5.0" },
            { value: "4", label: "MQTT 3.1.1" },
            { value: "3", label: "MQTT 3.1" },
          ]}
          value={list.filters.proto_ver || null}
          onChange={(value) => list.setFilter("proto_ver", value)}
        />
        <Select
          w={190}
          label={t("common.node")}
          placeholder={t("common.all")}
          clearable
          data={nodes}
          value={node}
          onChange={(value) => {
            setNode(value);
            list.paging.set(1, list.paging.limit);
          }}
        />
      </div>
      <DataTable
        label={t("nav.clients")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        empty={t("common.noMatch")}
        rowKey={(row) => `${row.node} ${row.clientid}`}
        columns={[
          { title: t("clients.clientid"), cell: (row) => <ClientLink id={row.clientid} /> },
          { title: t("clients.username"), cell: (row) => given(row.username) },
          {
            title: t("clients.state"),
            cell: (row) => (
              <Tag tone={row.connected ? "good" : "plain"} dot>
                {t(row.connected ? "clients.connected" : "clients.away")}
              </Tag>
            ),
          },
          {
            title: t("clients.address"),
            cell: (row) => <span className="mono">{`${row.ip_address}:${row.port}`}</span>,
          },
          { title: t("common.node"), cell: (row) => <NodeLink node={row.node} /> },
          { title: "MQTT", cell: version },
          { title: t("clients.subscriptions"), kind: "num", cell: (row) => row.subscriptions_cnt },
          { title: t("clients.queue"), kind: "num", cell: (row) => row.mqueue_len },
          {
            title: t("clients.connectedAt"),
            cell: (row) => <span title={row.connected_at}>{roughly(row.connected_at)}</span>,
          },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <ConfirmButton
                label={t("clients.kick")}
                help={t("clients.kickHelp", { client: row.clientid })}
                onConfirm={() => act(() => remove(path("clients", row.clientid)), t("clients.kicked"))}
              />
            ),
          },
        ]}
      />
    </Page>
  );
}
