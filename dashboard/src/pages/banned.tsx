import { NumberInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { path, post, remove } from "../api";
import { given, moment } from "../format";
import { useText } from "../i18n";
import { ConfirmButton, Form, FormButton, Page, Refresh, Tag, useAct } from "../parts/basics";
import { useList } from "../parts/list";
import { DataTable } from "../parts/table";
import { useSession } from "../session";
import type { Ban } from "../types";

const KINDS = ["clientid", "username", "peerhost"] as const;
type Kind = (typeof KINDS)[number];

export function BanForm({ initial, done }: { initial: { as: Kind; who: string }; done: () => void }) {
  const t = useText();
  const session = useSession();
  const { act, busy } = useAct([["banned"], ["clients"]]);
  const [as, setAs] = useState<Kind>(initial.as);
  const [who, setWho] = useState(initial.who);
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState<number | string>(60);
  const submit = async () => {
    const time = Number(minutes) || 0;
    const until = time === 0 ? 0 : Math.floor(Date.now() / 1000) + time * 60;
    if (await act(() => post("banned", { as, who, reason, until, by: session?.username ?? "" }))) done();
  };
  return (
    <Form submit={t("clients.ban")} onSubmit={submit} busy={busy} disabled={!who}>
      <Select
        label={t("banned.as")}
        data={KINDS.map((kind) => ({ value: kind, label: t(`banned.${kind}`) }))}
        allowDeselect={false}
        value={as}
        onChange={(value) => setAs(value as Kind)}
      />
      <TextInput
        label={t("banned.who")}
        value={who}
        onChange={(event) => setWho(event.currentTarget.value)}
      />
      <TextInput
        label={t("common.reason")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <NumberInput
        label={t("banned.minutes")}
        min={0}
        allowDecimal={false}
        value={minutes}
        onChange={setMinutes}
      />
    </Form>
  );
}

export function Banned() {
  const t = useText();
  const list = useList<Ban>("banned", "banned");
  const { act } = useAct([["banned"]]);
  return (
    <Page
      title={t("nav.banned")}
      aside={
        <div className="row">
          <Refresh keys={[["banned"]]} />
          <FormButton label={t("banned.add")}>
            {(close) => <BanForm initial={{ as: "clientid", who: "" }} done={close} />}
          </FormButton>
        </div>
      }
    >
      <DataTable
        label={t("nav.banned")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        rowKey={(row) => `${row.as} ${row.who}`}
        columns={[
          { title: t("banned.as"), cell: (row) => <Tag>{t(`banned.${row.as as Kind}`)}</Tag> },
          { title: t("banned.who"), cell: (row) => <span className="mono">{row.who}</span> },
          { title: t("common.reason"), kind: "wrap", cell: (row) => given(row.reason) },
          { title: t("banned.by"), cell: (row) => given(row.by) },
          {
            title: t("banned.until"),
            cell: (row) => (typeof row.until === "number" ? moment(row.until * 1000) : t("common.forever")),
          },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <ConfirmButton
                label={t("banned.lift")}
                help={t("banned.liftHelp", { who: row.who })}
                onConfirm={() => act(() => remove(path("banned", row.as, row.who)))}
              />
            ),
          },
        ]}
      />
    </Page>
  );
}
