import { Button, Tabs } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { get, post, remove } from "../api";
import { moment } from "../format";
import { useServerText, useText } from "../i18n";
import { activeAlarms, useLiveValue } from "../live";
import { ConfirmButton, Name, Page, Refresh, useAct } from "../parts/basics";
import { NodeLink } from "../parts/links";
import { DataTable } from "../parts/table";
import type { Alarm } from "../types";

type Row = Alarm & { node: string };

function useAlarms(which: "activated" | "deactivated") {
  const found = useQuery({
    queryKey: ["alarms", which],
    queryFn: () => get<{ node: string; alarms: Alarm[] }[]>(`alarms/${which}`),
  });
  const rows: Row[] | undefined = found.data?.data
    .flatMap(({ node, alarms }) => alarms.map((alarm) => ({ ...alarm, node })))
    .sort((a, b) => b.activate_at - a.activate_at);
  return { rows, error: found.error, meta: found.data?.meta };
}

const at = (microseconds: number | string) =>
  typeof microseconds === "number" ? moment(microseconds / 1000) : "–";

function List({ which }: { which: "activated" | "deactivated" }) {
  const t = useText();
  const serverText = useServerText();
  const { rows, error, meta } = useAlarms(which);
  const { act } = useAct([["alarms"]]);
  return (
    <DataTable
      label={t(which === "activated" ? "alarms.active" : "alarms.past")}
      rows={rows}
      error={error}
      meta={meta}
      empty={which === "activated" ? t("alarms.quiet") : t("common.none")}
      rowKey={(row) => `${row.node} ${row.name} ${row.activate_at}`}
      columns={[
        { title: t("common.name"), cell: (row) => <Name>{row.name}</Name> },
        { title: t("common.details"), kind: "wrap", cell: (row) => serverText(row.message) },
        { title: t("common.node"), cell: (row) => <NodeLink node={row.node} /> },
        { title: t("alarms.since"), cell: (row) => at(row.activate_at) },
        which === "activated"
          ? {
              title: t("common.actions"),
              kind: "acts" as const,
              cell: (row: Row) => (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => act(() => post("alarms/deactivated", { node: row.node, name: row.name }))}
                >
                  {t("alarms.deactivate")}
                </Button>
              ),
            }
          : { title: t("alarms.until"), cell: (row: Row) => at(row.deactivate_at) },
      ]}
    />
  );
}

export function Alarms() {
  const t = useText();
  const queries = useQueryClient();
  const { act } = useAct([["alarms"]]);
  const active = useLiveValue(activeAlarms);
  // The live feed says when their number changes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the number that matters
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ["alarms"] });
  }, [active]);
  return (
    <Page
      title={t("nav.alarms")}
      aside={
        <div className="row">
          <Refresh keys={[["alarms"]]} />
          <ConfirmButton
            size="sm"
            label={t("alarms.clear")}
            help={t("alarms.clearHelp")}
            onConfirm={() => act(() => remove("alarms/deactivated"))}
          />
        </div>
      }
    >
      <Tabs defaultValue="activated" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="activated">{t("alarms.active")}</Tabs.Tab>
          <Tabs.Tab value="deactivated">{t("alarms.past")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="activated">
          <List which="activated" />
        </Tabs.Panel>
        <Tabs.Panel value="deactivated">
          <List which="deactivated" />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
