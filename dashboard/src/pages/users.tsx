// Who may come in: people to this dashboard, programs to the API, clients to the broker.

import { Switch, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { get, path, post, put, remove } from "../api";
import { given, moment } from "../format";
import { type TextKey, useText } from "../i18n";
import { Card, ConfirmButton, FormButton, Note, Page, Refresh, useAct } from "../parts/basics";
import { ChangePassword } from "../parts/change_password";
import { type Field, FieldsForm, PASSWORD_MIN, type Values } from "../parts/fields_form";
import { useList } from "../parts/list";
import { DataTable } from "../parts/table";
import { useSession } from "../session";
import type { Application } from "../types";

/** Refusals are shown in the form. */
function AskButton({
  label,
  keys,
  fields,
  small,
  onSubmit,
}: {
  label: string;
  keys: string[][];
  fields: Field[];
  small?: boolean;
  onSubmit: (values: Values) => Promise<unknown>;
}) {
  const t = useText();
  const { attempt } = useAct(keys);
  return (
    <FormButton label={label} {...(small ? { size: "xs", variant: "default" } : {})}>
      {(close) => (
        <FieldsForm
          submit={t("common.save")}
          fields={fields}
          onSubmit={async (values) => {
            await attempt(() => onSubmit(values));
            close();
          }}
        />
      )}
    </FormButton>
  );
}

/** What can be done about a row. */
function Acts({ children }: { children: ReactNode }) {
  return (
    <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
      {children}
    </span>
  );
}

function Section({
  help,
  keys,
  add,
  children,
}: {
  help: TextKey;
  keys: string[][];
  add: ReactNode;
  children: ReactNode;
}) {
  const t = useText();
  return (
    <div className="stack">
      <div className="row">
        <span className="hint">{t(help)}</span>
        <span style={{ flex: 1 }} />
        <Refresh keys={keys} />
        {add}
      </div>
      {children}
    </div>
  );
}

function Admins() {
  const t = useText();
  const keys = [["users"]];
  const { act } = useAct(keys);
  const me = useSession()?.username;
  const found = useQuery({
    queryKey: ["users"],
    queryFn: () => get<{ username: string; tags: string }[]>("users"),
  });
  return (
    <Section
      help="users.adminsHelp"
      keys={keys}
      add={
        <AskButton
          label={t("common.add")}
          keys={keys}
          onSubmit={(values) => post("users", values)}
          fields={[
            { name: "username", label: "login.username" },
            { name: "password", label: "login.password", secret: "new", least: PASSWORD_MIN },
            { name: "tags", label: "users.tags", optional: true },
          ]}
        />
      }
    >
      <DataTable
        label={t("users.admins")}
        rows={found.data?.data}
        error={found.error}
        rowKey={(row) => row.username}
        columns={[
          { title: t("login.username"), cell: (row) => <strong>{row.username}</strong> },
          { title: t("users.tags"), cell: (row) => given(row.tags) },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <Acts>
                {row.username === me ? (
                  <FormButton label={t("users.setPassword")} size="xs" variant="default">
                    {() => <ChangePassword username={row.username} />}
                  </FormButton>
                ) : (
                  <AskButton
                    small
                    label={t("users.setPassword")}
                    keys={keys}
                    onSubmit={(values) => put(path("users", row.username), values)}
                    fields={[{ name: "password", label: "login.new", secret: "new", least: PASSWORD_MIN }]}
                  />
                )}
                <ConfirmButton
                  label={t("common.delete")}
                  help={t("users.deleteHelp", { name: row.username })}
                  onConfirm={() => act(() => remove(path("users", row.username)))}
                />
              </Acts>
            ),
          },
        ]}
      />
    </Section>
  );
}

function Keys() {
  const t = useText();
  const keys = [["apps"]];
  const { act } = useAct(keys);
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const found = useQuery({ queryKey: ["apps"], queryFn: () => get<Application[]>("apps") });
  const add = async (values: Values) => {
    const { data } = await post<{ secret: string }>("apps", values);
    setMade({ id: values.app_id ?? "", secret: data.secret });
  };
  return (
    <Section
      help="users.keysHelp"
      keys={keys}
      add={
        <AskButton
          label={t("common.add")}
          keys={keys}
          onSubmit={add}
          fields={[
            { name: "app_id", label: "users.id" },
            { name: "name", label: "common.name", optional: true },
            { name: "desc", label: "users.tags", optional: true },
          ]}
        />
      }
    >
      {made && (
        <Card>
          <Note tone="good">
            {t("users.secretOnce", { id: made.id })} <span className="mono">{made.secret}</span>
          </Note>
        </Card>
      )}
      <DataTable
        label={t("users.keys")}
        rows={found.data?.data}
        error={found.error}
        rowKey={(row) => row.app_id}
        columns={[
          { title: t("users.id"), cell: (row) => <strong className="mono">{row.app_id}</strong> },
          { title: t("common.name"), cell: (row) => given(row.name) },
          {
            title: t("users.secret"),
            cell: (row) =>
              shown === row.app_id ? (
                <span className="mono whole">{row.secret}</span>
              ) : (
                <button
                  type="button"
                  className="link"
                  style={{ background: "none", border: 0, padding: 0, cursor: "pointer" }}
                  onClick={() => setShown(row.app_id)}
                >
                  {t("users.secretShow")}
                </button>
              ),
          },
          {
            title: t("users.expires"),
            cell: (row) =>
              typeof row.expired === "number" && row.expired > 0
                ? moment(row.expired * 1000)
                : t("common.never"),
          },
          {
            title: t("users.enabled"),
            cell: (row) => (
              <Switch
                aria-label={`${t("users.enabled")} ${row.app_id}`}
                checked={row.status}
                onChange={(event) => {
                  const status = event.currentTarget.checked;
                  void act(() => put(path("apps", row.app_id), { status }));
                }}
              />
            ),
          },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <ConfirmButton
                label={t("common.delete")}
                help={t("users.deleteHelp", { name: row.app_id })}
                onConfirm={() => act(() => remove(path("apps", row.app_id)))}
              />
            ),
          },
        ]}
      />
    </Section>
  );
}

/** auth_username, auth_clientid: they differ by a word. */
function ClientUsers({ by }: { by: "username" | "clientid" }) {
  const t = useText();
  const target = `auth_${by}`;
  const keys = [[target]];
  const list = useList<Record<string, string>>(target, target);
  const { act } = useAct(keys);
  const label: TextKey = by === "username" ? "login.username" : "clients.clientid";
  const password: Field = { name: "password", label: "login.password", secret: "new" };
  return (
    <Section
      help={by === "username" ? "users.usernamesHelp" : "users.clientidsHelp"}
      keys={keys}
      add={
        <AskButton
          label={t("common.add")}
          keys={keys}
          onSubmit={(values) => post(target, values)}
          fields={[{ name: by, label }, password]}
        />
      }
    >
      <DataTable
        label={t(by === "username" ? "users.usernames" : "users.clientids")}
        rows={list.rows}
        error={list.error}
        meta={list.answer?.meta}
        paging={list.paging}
        rowKey={(row) => row[by] ?? ""}
        columns={[
          { title: t(label), cell: (row) => <strong className="mono">{row[by]}</strong> },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <Acts>
                <AskButton
                  small
                  label={t("users.setPassword")}
                  keys={keys}
                  onSubmit={(values) => put(path(target, row[by] ?? ""), values)}
                  fields={[password]}
                />
                <ConfirmButton
                  label={t("common.delete")}
                  help={t("users.deleteHelp", { name: row[by] ?? "" })}
                  onConfirm={() => act(() => remove(path(target, row[by] ?? "")))}
                />
              </Acts>
            ),
          },
        ]}
      />
    </Section>
  );
}

export function Users() {
  const t = useText();
  return (
    <Page title={t("nav.users")}>
      <Tabs defaultValue="admins" keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="admins">{t("users.admins")}</Tabs.Tab>
          <Tabs.Tab value="keys">{t("users.keys")}</Tabs.Tab>
          <Tabs.Tab value="usernames">{t("users.usernames")}</Tabs.Tab>
          <Tabs.Tab value="clientids">{t("users.clientids")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="admins">
          <Admins />
        </Tabs.Panel>
        <Tabs.Panel value="keys">
          <Keys />
        </Tabs.Panel>
        <Tabs.Panel value="usernames">
          <ClientUsers by="username" />
        </Tabs.Panel>
        <Tabs.Panel value="clientids">
          <ClientUsers by="clientid" />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
