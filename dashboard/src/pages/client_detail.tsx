import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, post, remove } from "../api";
import { bytes, count, given } from "../format";
import { useText } from "../i18n";
import {
  Card,
  ConfirmButton,
  ErrorNote,
  FormButton,
  Loading,
  Meter,
  Note,
  Page,
  Pairs,
  Refresh,
  Tag,
  useAct,
} from "../parts/basics";
import { NodeLink } from "../parts/links";
import { DataTable } from "../parts/table";
import type { Client, Subscription } from "../types";
import { BanForm } from "./banned";
import { version } from "./clients";

function Fill({ label, value, max }: { label: string; value: number; max: number }) {
  const t = useText();
  return (
    <div>
      <div className="row" style={{ justifyContent: "space-between", fontSize: 13, marginBottom: 5 }}>
        <span className="hint">{label}</span>
        <span>
          {count(value)} / {max === 0 ? t("common.noLimit") : count(max)}
        </span>
      </div>
      <Meter value={max === 0 ? 0 : value / max} label={label} />
    </div>
  );
}

function Subscriptions({ id }: { id: string }) {
  const t = useText();
  const key = ["subscriptions", "of", id];
  const { act, busy } = useAct([key, ["client", id]]);
  const [topic, setTopic] = useState("");
  const [qos, setQos] = useState("0");
  const found = useQuery({ queryKey: key, queryFn: () => get<Subscription[]>(path("subscriptions", id)) });
  return (
    <div className="stack">
      <DataTable
        label={t("clients.subscriptions")}
        rows={found.data?.data}
        error={found.error}
        rowKey={(row) => row.topic}
        columns={[
          { title: t("subs.filter"), cell: (row) => <span className="mono">{row.topic}</span> },
          { title: t("common.qos"), kind: "num", cell: (row) => row.qos },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <Button
                size="xs"
                variant="default"
                onClick={() => act(() => post("mqtt/unsubscribe", { clientid: id, topic: row.topic }))}
              >
                {t("clients.unsubscribe")}
              </Button>
            ),
          },
        ]}
      />
      <form
        className="card fields"
        onSubmit={(event) => {
          event.preventDefault();
          void act(() => post("mqtt/subscribe", { clientid: id, topic, qos: Number(qos) }));
        }}
      >
        <TextInput
          className="grow"
          label={t("subs.filter")}
          value={topic}
          onChange={(event) => setTopic(event.currentTarget.value)}
        />
        <Select
          w={80}
          label={t("common.qos")}
          data={["0", "1", "2"]}
          allowDeselect={false}
          value={qos}
          onChange={(value) => setQos(value ?? "0")}
        />
        <Button type="submit" variant="default" loading={busy} disabled={!topic}>
          {t("clients.subscribe")}
        </Button>
      </form>
    </div>
  );
}

/** Its counters move while one looks. */
const FRESH_MS = 2000;

function Traffic({ client }: { client: Client }) {
  const t = useText();
  const items: [string, string][] = [
    [t("clients.messagesReceived"), count(client.recv_msg)],
    [t("clients.messagesSent"), count(client.send_msg)],
    [t("clients.packetsReceived"), count(client.recv_pkt)],
    [t("clients.packetsSent"), count(client.send_pkt)],
  ];
  if (client.recv_oct !== undefined) items.push([t("clients.bytesReceived"), bytes(client.recv_oct)]);
  if (client.send_oct !== undefined) items.push([t("clients.bytesSent"), bytes(client.send_oct)]);
  return (
    <Card title={t("clients.traffic")} hint={t("clients.trafficHelp")}>
      <Pairs items={items} />
    </Card>
  );
}

export function ClientDetail({ id }: { id: string }) {
  const t = useText();
  const { act } = useAct([["client", id], ["clients"]]);
  const found = useQuery({
    queryKey: ["client", id],
    queryFn: () => get<Client[]>(path("clients", id)),
    refetchInterval: FRESH_MS,
  });
  const client = found.data?.data[0];
  return (
    <Page
      title={<span className="mono">{id}</span>}
      aside={
        <div className="row">
          <Refresh
            keys={[
              ["client", id],
              ["subscriptions", "of", id],
            ]}
          />
          <FormButton label={t("clients.ban")} variant="default">
            {(close) => <BanForm initial={{ as: "clientid", who: id }} done={close} />}
          </FormButton>
          <ConfirmButton
            size="sm"
            label={t("clients.kick")}
            help={t("clients.kickHelp", { client: id })}
            onConfirm={() => act(() => remove(path("clients", id)), t("clients.kicked"))}
          />
        </div>
      }
    >
      {found.error && <ErrorNote error={found.error} />}
      {!found.data && !found.error && <Loading />}
      {found.data && !client && <Note>{t("clients.gone")}</Note>}
      {client && (
        <>
          <div className="grid-two">
            <div className="stack">
              <Card title={t("clients.connection")}>
                <Pairs
                  items={[
                    [
                      t("clients.state"),
                      <Tag key="state" tone={client.connected ? "good" : "plain"} dot>
                        {t(client.connected ? "clients.connected" : "clients.away")}
                      </Tag>,
                    ],
                    [t("common.node"), <NodeLink key="node" node={client.node} />],
                    [t("clients.username"), given(client.username)],
                    [
                      t("clients.address"),
                      <span key="address" className="mono">{`${client.ip_address}:${client.port}`}</span>,
                    ],
                    [t("clients.protocol"), `MQTT ${version(client)}`],
                    [t("clients.connectedAt"), client.connected_at],
                    ...(client.disconnected_at
                      ? ([[t("clients.disconnectedAt"), client.disconnected_at]] as [string, string][])
                      : []),
                    [t("clients.keepalive"), `${client.keepalive} s`],
                    [t("clients.zone"), client.zone],
                  ]}
                />
              </Card>
              <Traffic client={client} />
            </div>
            <Card title={t("clients.session")}>
              <div className="stack">
                <Fill label={t("clients.inflight")} value={client.inflight} max={client.max_inflight} />
                <Fill label={t("clients.queue")} value={client.mqueue_len} max={client.max_mqueue} />
                <Fill
                  label={t("clients.awaitingRel")}
                  value={client.awaiting_rel}
                  max={client.max_awaiting_rel}
                />
                <Fill
                  label={t("clients.subscriptions")}
                  value={client.subscriptions_cnt}
                  max={client.max_subscriptions}
                />
                <Pairs
                  items={[
                    [t("clients.createdAt"), client.created_at],
                    [t("clients.expiry"), `${count(client.expiry_interval)} s`],
                    [t("clients.clean"), t(client.clean_start ? "common.yes" : "common.no")],
                    [t("clients.queueDropped"), count(client.mqueue_dropped)],
                  ]}
                />
              </div>
            </Card>
          </div>
          <Subscriptions id={id} />
        </>
      )}
    </Page>
  );
}
