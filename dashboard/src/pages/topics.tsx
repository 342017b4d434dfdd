// Where messages go: the routes of the cluster, and the way of one message.

import { Button, Select, Tabs, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api";
import { useText } from "../i18n";
import { useHere, useNodeNames } from "../live";
import { Card, ErrorNote, Loading, Note, Page, Refresh } from "../parts/basics";
import { NodeLink } from "../parts/links";
import { useList } from "../parts/list";
import { DataTable } from "../parts/table";
import { TravelPicture } from "../parts/travel_picture";
import type { Explanation, Route } from "../types";

function Routes() {
  const t = useText();
  const list = useList<Route>("routes", "routes");
  return (
    <div className="stack">
      <div className="card fields">
        <TextInput
          className="grow"
          label={t("topics.contains")}
          value={list.filters._like_topic ?? ""}
          onChange={(event) => list.setFilter("_like_topic", event.currentTarget.value)}
        />
        <Refresh keys={[["routes"]]} />
      </div>
      <DataTable
        label={t("topics.routes")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        empty={t("common.noMatch")}
        rowKey={(row) => `${row.topic} ${row.node}`}
        columns={[
          { title: t("subs.filter"), cell: (row) => <span className="mono">{row.topic}</span> },
          { title: t("common.node"), cell: (row) => <NodeLink node={row.node} /> },
        ]}
      />
    </div>
  );
}

function Explain() {
  const t = useText();
  const nodes = useNodeNames();
  const here = useHere();
  const [topic, setTopic] = useState("");
  const [node, setNode] = useState<string | null>(null);
  const [asked, setAsked] = useState<{ topic: string; node: string } | null>(null);
  const from = node ?? here;
  const found = useQuery({
    queryKey: ["explain", asked],
    enabled: asked !== null,
    queryFn: () => get<Explanation>("explain", asked ?? {}),
  });
  const nobody = (way: Explanation) => way.routes.length + way.groups.length + way.away.length === 0;
  return (
    <div className="stack">
      <span className="hint">{t("topics.explainHelp")}</span>
      <form
        className="card fields"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked({ topic, node: from });
          if (asked?.topic === topic && asked.node === from) void found.refetch();
        }}
      >
        <TextInput
          className="grow"
          label={t("common.topic")}
          placeholder="sensors/7/temperature"
          value={topic}
          onChange={(event) => setTopic(event.currentTarget.value)}
        />
        <Select
          w={240}
          label={t("topics.publishedOn")}
          data={nodes}
          allowDeselect={false}
          value={from || null}
          onChange={setNode}
        />
        <Button type="submit" disabled={!topic}>
          {t("topics.run")}
        </Button>
      </form>
      {found.error && <ErrorNote error={found.error} />}
      {found.isLoading && asked && <Loading />}
      {found.data && asked && (
        <Card title={<span className="mono">{asked.topic}</span>}>
          {nobody(found.data.data) ? (
            <Note tone="warn">{t("topics.nobody")}</Note>
          ) : (
            <TravelPicture topic={asked.topic} from={asked.node} way={found.data.data} />
          )}
        </Card>
      )}
    </div>
  );
}

export function Topics() {
  const t = useText();
  return (
    <Page title={t("nav.topics")}>
      <Tabs defaultValue="routes" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="routes">{t("topics.routes")}</Tabs.Tab>
          <Tabs.Tab value="explain">{t("topics.explain")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="routes">
          <Routes />
        </Tabs.Panel>
        <Tabs.Panel value="explain">
          <Explain />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
