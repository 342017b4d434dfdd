import { Select, TextInput } from "@mantine/core";
import { useText } from "../i18n";
import { Page, Refresh } from "../parts/basics";
import { ClientLink, NodeLink } from "../parts/links";
import { useList } from "../parts/list";
import { DataTable } from "../parts/table";
import type { Subscription } from "../types";

export function Subscriptions() {
  const t = useText();
  const list = useList<Subscription>("subscriptions", "subscriptions");
  const text = (name: string) => ({
    value: list.filters[name] ?? "",
    onChange: (event: { currentTarget: { value: string } }) =>
      list.setFilter(name, event.currentTarget.value),
  });
  return (
    <Page title={t("nav.subscriptions")} aside={<Refresh keys={[["subscriptions"]]} />}>
      <div className="card fields">
        <TextInput className="grow" label={t("clients.clientid")} {...text("clientid")} />
        <TextInput
          className="grow"
          label={t("subs.filter")}
          placeholder="sensors/+/temperature"
          {...text("topic")}
        />
        <TextInput
          className="grow"
          label={t("subs.match")}
          placeholder="sensors/7/temperature"
          {...text("_match_topic")}
        />
        <TextInput w={140} label={t("subs.share")} {...text("share")} />
        <Select
          w={90}
          label={t("common.qos")}
          placeholder={t("common.all")}
          clearable
          data={["0", "1", "2"]}
          value={list.filters.qos || null}
          onChange={(value) => list.setFilter("qos", value)}
        />
      </div>
      <DataTable
        label={t("nav.subscriptions")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        empty={t("common.noMatch")}
        rowKey={(row) => `${row.node} ${row.clientid} ${row.topic}`}
        columns={[
          { title: t("subs.filter"), cell: (row) => <span className="mono">{row.topic}</span> },
          { title: t("common.client"), cell: (row) => <ClientLink id={row.clientid} /> },
          { title: t("common.qos"), kind: "num", cell: (row) => row.qos },
          { title: t("common.node"), cell: (row) => <NodeLink node={row.node} /> },
        ]}
      />
    </Page>
  );
}
