// The keys of the configuration, with the meaning that the broker itself gives them.

import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, post, put } from "../api";
import { useServerText, useText } from "../i18n";
import {
  DialogAbout,
  ErrorNote,
  Form,
  Loading,
  Note,
  Page,
  Pairs,
  Refresh,
  Tag,
  useAct,
} from "../parts/basics";
import { DataTable } from "../parts/table";
import { tellDone } from "../parts/told";
import type { ConfigRow } from "../types";

interface Outcome {
  key: string;
  node: string;
  result: "changed" | "restart" | "refused" | "later";
  message: string;
}

/** What changes for the whole cluster holds on this node a moment later: so long is looked. */
const WATCH_MS = 15_000;
/** How a secret is shown: its value is told to nobody. */
const HIDDEN = "******";
/** The source of what was changed here, or with meshmq_ctl. */
const CHANGED = "conf set";
const WORDS: Record<string, string[]> = { flag: ["on", "off"], boolean: ["true", "false"] };

const text = (value: string) => (value === "" ? "–" : value);

function ValueInput({
  row,
  value,
  onChange,
}: {
  row: ConfigRow;
  value: string;
  onChange: (value: string) => void;
}) {
  const t = useText();
  const serverText = useServerText();
  const words = WORDS[row.type];
  const shared = { label: t("settings.value"), description: serverText(row.expects), "data-autofocus": true };
  if (words)
    return (
      <Select
        {...shared}
        data={words}
        allowDeselect={false}
        value={value}
        onChange={(next) => onChange(next ?? value)}
      />
    );
  return (
    <TextInput
      {...shared}
      placeholder={text(row.default)}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

const tones = { changed: "good", restart: "warn", later: "warn", refused: "bad" } as const;

function Edit({ row, onChanged, close }: { row: ConfigRow; onChanged: () => void; close: () => void }) {
  const t = useText();
  const serverText = useServerText();
  const { act, busy } = useAct([["configs"]]);
  const [value, setValue] = useState(row.value === HIDDEN ? "" : row.value);
  const [everywhere, setEverywhere] = useState(true);
  const [outcomes, setOutcomes] = useState<Outcome[]>([]);
  /** Nothing: as the other sources say. What did not simply happen stays to be read. */
  const change = async (to: string | null) => {
    let all: Outcome[] = [];
    const submit = async () => {
      const body = { changes: { [row.key]: to }, cluster: everywhere };
      all = (await put<Outcome[]>("configs", body)).data;
    };
    await act(submit, "");
    onChanged();
    setOutcomes(all);
    if (all.length === 0 || all.some((one) => one.result !== "changed")) return;
    tellDone(t("common.done"), t("common.close"));
    close();
  };
  return (
    <Form submit={t("common.save")} onSubmit={() => void change(value)} busy={busy}>
      <p className="hint" style={{ margin: 0 }}>
        {serverText(row.help)}
      </p>
      <ValueInput row={row} value={value} onChange={setValue} />
      <Pairs
        items={[
          [t("settings.default"), text(row.default)],
          [t("settings.source"), serverText(row.source)],
          [t("settings.takesEffect"), serverText(row.effect)],
        ]}
      />
      <Checkbox
        label={t("settings.cluster")}
        checked={everywhere}
        onChange={(event) => setEverywhere(event.currentTarget.checked)}
      />
      {outcomes.map((one) => (
        <Note key={`${one.node} ${one.key}`} tone={tones[one.result]}>
          {one.node}: {serverText(one.message || one.result)}
        </Note>
      ))}
      {row.source.startsWith(CHANGED) && (
        <Button variant="subtle" style={{ alignSelf: "flex-start" }} onClick={() => void change(null)}>
          {t("settings.unset")}
        </Button>
      )}
    </Form>
  );
}

export function Settings() {
  const t = useText();
  const serverText = useServerText();
  const [watched, setWatched] = useState(0);
  const found = useQuery({
    queryKey: ["configs"],
    queryFn: () => get<ConfigRow[]>("configs"),
    refetchInterval: () => (Date.now() < watched ? 1000 : false),
  });
  const { act, busy } = useAct([["configs"]]);
  const [search, setSearch] = useState("");
  const [changedOnly, setChangedOnly] = useState(false);
  const [group, setGroup] = useState<string | null>(null);
  const [paging, setPaging] = useState({ page: 1, limit: 50 });
  const [edited, setEdited] = useState<string | null>(null);
  const words = search.toLowerCase();
  const rows = found.data?.data.filter(
    (row) =>
      (!words ||
        row.key.toLowerCase().includes(words) ||
        row.help.toLowerCase().includes(words) ||
        serverText(row.help).toLowerCase().includes(words)) &&
      (!group || row.group === group) &&
      (!changedOnly || text(row.value) !== text(row.default)),
  );
  const groups = [...new Set(found.data?.data.map((row) => row.group))].sort();
  // Fewer rows may have fewer pages.
  const page = Math.min(paging.page, Math.max(1, Math.ceil((rows?.length ?? 0) / paging.limit)));
  return (
    <Page
      title={t("nav.settings")}
      aside={
        found.data && (
          <div className="row">
            <Refresh keys={[["configs"]]} />
            <Button variant="default" loading={busy} onClick={() => act(() => post("configs/reload"))}>
              {t("settings.reload")}
            </Button>
          </div>
        )
      }
    >
      {found.error ? <ErrorNote error={found.error} /> : !found.data && <Loading />}
      {found.data && (
        <>
          <div className="card fields">
            <TextInput
              className="grow"
              label={t("settings.search")}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <Select
              w={180}
              label={t("settings.group")}
              placeholder={t("common.all")}
              clearable
              searchable
              data={groups}
              value={group}
              onChange={setGroup}
            />
            <Checkbox
              mb={8}
              label={t("settings.changedOnly")}
              checked={changedOnly}
              onChange={(event) => setChangedOnly(event.currentTarget.checked)}
            />
          </div>
          <DataTable
            label={t("nav.settings")}
            rows={rows?.slice((page - 1) * paging.limit, page * paging.limit)}
            meta={{ count: rows?.length ?? 0 }}
            paging={{ page, limit: paging.limit, set: (next, limit) => setPaging({ page: next, limit }) }}
            empty={t("common.noMatch")}
            rowKey={(row) => row.key}
            columns={[
              {
                title: t("settings.key"),
                kind: "wrap",
                cell: (row) => (
                  <div style={{ maxWidth: 560 }}>
                    <span className="mono">{row.key}</span>
                    <div className="hint">{serverText(row.help)}</div>
                  </div>
                ),
              },
              {
                title: t("settings.value"),
                cell: (row) => (
                  <span
                    className="mono"
                    style={{ fontWeight: text(row.value) === text(row.default) ? 400 : 650 }}
                  >
                    {text(row.value)}
                    {row.pending !== undefined && (
                      <span className="hint"> → {t("settings.pending", { value: text(row.pending) })}</span>
                    )}
                  </span>
                ),
              },
              {
                title: t("settings.default"),
                cell: (row) => <span className="mono hint">{text(row.default)}</span>,
              },
              {
                title: t("settings.source"),
                cell: (row) => <span className="hint">{serverText(text(row.source))}</span>,
              },
              {
                title: t("settings.takesEffect"),
                cell: (row) => (
                  <Tag tone={row.hot ? "good" : "plain"}>
                    {t(row.hot ? "settings.hot" : "settings.restart")}
                  </Tag>
                ),
              },
              {
                title: t("common.actions"),
                kind: "acts",
                cell: (row) => (
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={t("settings.edit", { key: row.key })}
                    onClick={() => setEdited(row.key)}
                  >
                    {t("settings.change")}
                  </Button>
                ),
              },
            ]}
          />
        </>
      )}
      <DialogAbout
        subject={found.data?.data.find((row) => row.key === edited) ?? null}
        onClose={() => setEdited(null)}
        title={(row) => <span className="mono">{row.key}</span>}
      >
        {(row) => (
          <Edit row={row} onChanged={() => setWatched(Date.now() + WATCH_MS)} close={() => setEdited(null)} />
        )}
      </DialogAbout>
    </Page>
  );
}
