// Messages that wait on the broker: retained ones for subscribers to come, delayed ones for their time.

import { SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, remove } from "../api";
import { bytes, given } from "../format";
import { useText } from "../i18n";
import { ConfirmButton, DialogAbout, ErrorNote, Loading, Page, Refresh, useAct } from "../parts/basics";
import { NodeLink } from "../parts/links";
import { useList } from "../parts/list";
import { DataTable } from "../parts/table";
import type { DelayedMessage, RetainedMessage } from "../types";

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

function hex(content: Uint8Array): string {
  return Array.from(content, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function Payload({ topic }: { topic: string }) {
  const t = useText();
  const [form, setForm] = useState("text");
  const found = useQuery({
    queryKey: ["retained", "one", topic],
    queryFn: () => get<RetainedMessage>(path("retained", topic)),
  });
  if (found.error) return <ErrorNote error={found.error} />;
  if (!found.data) return <Loading />;
  const content = decode(found.data.data.payload ?? "");
  return (
    <div className="stack">
      <SegmentedControl
        value={form}
        onChange={setForm}
        data={[
          { value: "text", label: t("retained.text") },
          { value: "hex", label: t("retained.hex") },
        ]}
      />
      <pre className="code" tabIndex={0}>
        {form === "text" ? new TextDecoder().decode(content) : hex(content)}
      </pre>
    </div>
  );
}

export function Retained() {
  const t = useText();
  const list = useList<RetainedMessage>("retained", "retained");
  const { act } = useAct([["retained"]]);
  const [shown, setShown] = useState<string | null>(null);
  return (
    <Page title={t("nav.retained")} aside={<Refresh keys={[["retained"]]} />}>
      <div className="card fields">
        <TextInput
          className="grow"
          label={t("subs.filter")}
          placeholder="sensors/#"
          value={list.filters.topic ?? ""}
          onChange={(event) => list.setFilter("topic", event.currentTarget.value)}
        />
      </div>
      <DataTable
        label={t("nav.retained")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        rowKey={(row) => row.topic}
        columns={[
          {
            title: t("common.topic"),
            cell: (row) => (
              <button
                type="button"
                className="link mono"
                style={{ background: "none", border: 0, padding: 0, cursor: "pointer", textAlign: "left" }}
                onClick={() => setShown(row.topic)}
              >
                {row.topic}
              </button>
            ),
          },
          { title: t("common.qos"), kind: "num", cell: (row) => row.qos },
          { title: t("common.size"), kind: "num", cell: (row) => bytes(row.payload_size) },
          {
            title: t("common.from"),
            cell: (row) => <span className="mono">{given(row.from_clientid)}</span>,
          },
          { title: t("retained.publishedAt"), cell: (row) => row.publish_at },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <ConfirmButton
                label={t("common.delete")}
                help={t("retained.deleteHelp", { topic: row.topic })}
                onConfirm={() => act(() => remove(path("retained", row.topic)))}
              />
            ),
          },
        ]}
      />
      <DialogAbout
        subject={shown}
        onClose={() => setShown(null)}
        size="lg"
        title={(topic) => <span className="mono">{topic}</span>}
      >
        {(topic) => <Payload topic={topic} />}
      </DialogAbout>
    </Page>
  );
}

export function Delayed() {
  const t = useText();
  const list = useList<DelayedMessage>("delayed", "delayed");
  const { act } = useAct([["delayed"]]);
  return (
    <Page title={t("nav.delayed")} aside={<Refresh keys={[["delayed"]]} />}>
      <DataTable
        label={t("nav.delayed")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        rowKey={(row) => row.id}
        columns={[
          { title: t("common.topic"), cell: (row) => <span className="mono">{row.topic}</span> },
          { title: t("delayed.due"), cell: (row) => row.expected_at },
          { title: t("common.qos"), kind: "num", cell: (row) => row.qos },
          { title: t("common.size"), kind: "num", cell: (row) => bytes(row.payload_size) },
          {
            title: t("common.from"),
            cell: (row) => <span className="mono">{given(row.from_clientid)}</span>,
          },
          { title: t("common.node"), cell: (row) => <NodeLink node={row.node} /> },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <ConfirmButton
                label={t("common.delete")}
                help={t("delayed.deleteHelp", { topic: row.topic })}
                onConfirm={() => act(() => remove(path("delayed", row.id)))}
              />
            ),
          },
        ]}
      />
    </Page>
  );
}
