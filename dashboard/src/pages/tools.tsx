// MQTT over WebSocket from this page, to any node, several connections at once.

import { Button, Checkbox, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get } from "../api";
import { clock } from "../format";
import { useText } from "../i18n";
import { useHere } from "../live";
import { MqttConnection, type Settings } from "../mqtt_connection";
import { Card, Note, Page, Tag } from "../parts/basics";
import type { Listener } from "../types";

/** What the broker listens on for browsers, as this page may reach it. */
function useAddresses(): string[] | undefined {
  const here = useHere();
  const found = useQuery({
    queryKey: ["listeners", "all"],
    queryFn: () => get<{ node: string; listeners: Listener[] }[]>("listeners"),
  });
  const secure = location.protocol === "https:";
  const addresses = found.data?.data.flatMap(({ node, listeners }) =>
    listeners
      .filter(
        (each) =>
          each.running !== false &&
          (each.protocol === "mqtt:wss" || (!secure && each.protocol === "mqtt:ws")),
      )
      .map((each) => {
        const [host, port] = split(each.listen_on);
        const any = ["0.0.0.0", "::", "[::]", ""].includes(host);
        const reach = any ? (node === here ? location.hostname : (node.split("@")[1] ?? host)) : host;
        return `${each.protocol === "mqtt:wss" ? "wss" : "ws"}://${reach}:${port}/mqtt`;
      }),
  );
  return addresses && [...new Set(addresses)];
}

function split(address: string): [string, string] {
  const colon = address.lastIndexOf(":");
  return [address.slice(0, colon), address.slice(colon + 1)];
}

const newId = () =>
  `dashboard-${Math.floor(Math.random() * 0xffffffff)
    .toString(16)
    .padStart(8, "0")}`;

interface Levels {
  subscribe: string;
  publish: string;
}

const level = (text: string) => Number(text) as 0 | 1 | 2;

function ConnectionCard({
  number,
  addresses,
  onRemove,
}: {
  number: number;
  addresses: string[];
  onRemove: () => void;
}) {
  const t = useText();
  const [, redraw] = useState(0);
  const connection = useRef<MqttConnection | null>(null);
  connection.current ??= new MqttConnection(() => redraw((times) => times + 1));
  const mqtt = connection.current;
  useEffect(() => () => mqtt.disconnect(), [mqtt]);

  const [settings, setSettings] = useState<Settings>({
    url: "",
    clientid: newId(),
    username: "",
    password: "",
    version: 5,
  });
  const url = settings.url || addresses[(number - 1) % Math.max(1, addresses.length)] || "";
  const [filter, setFilter] = useState("testtopic/#");
  const [topic, setTopic] = useState("testtopic/1");
  const [payload, setPayload] = useState('{"hello": "world"}');
  const [qos, setQos] = useState<Levels>({ subscribe: "0", publish: "0" });
  const [retain, setRetain] = useState(false);
  const set = (name: keyof Settings) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget;
    setSettings((old) => ({ ...old, [name]: value }));
  };
  const online = mqtt.state === "connected";
  const levelOf = (what: keyof Levels) => (
    <Select
      w={70}
      label={t("common.qos")}
      data={["0", "1", "2"]}
      allowDeselect={false}
      value={qos[what]}
      onChange={(value) => setQos((old) => ({ ...old, [what]: value ?? old[what] }))}
    />
  );
  return (
    <Card
      title={t("tools.connection", { n: number })}
      hint={
        <Tag tone={online ? "good" : mqtt.state === "connecting" ? "warn" : "plain"} dot>
          {t(`tools.state.${mqtt.state}`)}
        </Tag>
      }
    >
      <div className="stack" data-connection={number}>
        <div className="fields">
          <TextInput
            className="grow"
            label={t("tools.url")}
            list={`addresses-${number}`}
            value={url}
            onChange={set("url")}
            readOnly={online}
          />
          <datalist id={`addresses-${number}`}>
            {addresses.map((address) => (
              <option key={address} value={address} />
            ))}
          </datalist>
          <TextInput
            className="grow"
            label={t("clients.clientid")}
            value={settings.clientid}
            onChange={set("clientid")}
            readOnly={online}
          />
        </div>
        <div className="fields">
          <TextInput
            className="grow"
            label={t("clients.username")}
            autoComplete="off"
            value={settings.username}
            onChange={set("username")}
            readOnly={online}
          />
          <TextInput
            className="grow"
            type="password"
            label={t("login.password")}
            autoComplete="new-password"
            value={settings.password}
            onChange={set("password")}
            readOnly={online}
          />
          <Select
            w={110}
            label={t("tools.version")}
            data={[
              { value: "5", label: "5.0" },
              { value: "4", label: "3.1.1" },
            ]}
            allowDeselect={false}
            readOnly={online}
            value={String(settings.version)}
            onChange={(value) => setSettings((old) => ({ ...old, version: value === "4" ? 4 : 5 }))}
          />
          {mqtt.state === "offline" ? (
            <Button disabled={!url} onClick={() => mqtt.connect({ ...settings, url })}>
              {t("tools.connect")}
            </Button>
          ) : (
            <Button variant="default" onClick={() => mqtt.disconnect()}>
              {t("tools.disconnect")}
            </Button>
          )}
          {mqtt.state === "offline" && number > 1 && (
            <Button variant="default" onClick={onRemove}>
              {t("tools.remove")}
            </Button>
          )}
        </div>
        {mqtt.problem && <Note tone="bad">{t(mqtt.problem.text, mqtt.problem.values)}</Note>}
        <form
          className="fields"
          onSubmit={(event) => {
            event.preventDefault();
            void mqtt.subscribe(filter, level(qos.subscribe));
          }}
        >
          <TextInput
            className="grow"
            label={t("subs.filter")}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
          {levelOf("subscribe")}
          <Button type="submit" variant="default" disabled={!online || !filter}>
            {t("tools.subscribe")}
          </Button>
        </form>
        {mqtt.filters.length > 0 && (
          <div className="row">
            <span className="hint">{t("tools.filters")}</span>
            {mqtt.filters.map((one) => (
              <Tag key={one} tone="accent">
                {one}
              </Tag>
            ))}
          </div>
        )}
        <form
          className="stack"
          style={{ gap: 10 }}
          onSubmit={(event) => {
            event.preventDefault();
            void mqtt.publish(topic, payload, level(qos.publish), retain);
          }}
        >
          <div className="fields">
            <TextInput
              className="grow"
              label={t("common.topic")}
              value={topic}
              onChange={(event) => setTopic(event.currentTarget.value)}
            />
            {levelOf("publish")}
          </div>
          <Textarea
            label={t("common.payload")}
            autosize
            minRows={2}
            maxRows={8}
            value={payload}
            onChange={(event) => setPayload(event.currentTarget.value)}
          />
          <div className="row" style={{ justifyContent: "space-between" }}>
            <Checkbox
              label={t("tools.retain")}
              checked={retain}
              onChange={(event) => setRetain(event.currentTarget.checked)}
            />
            <Button type="submit" disabled={!online || !topic}>
              {t("tools.publish")}
            </Button>
          </div>
        </form>
        <div className="row" style={{ justifyContent: "space-between" }}>
          <h3 className="card-title">{t("tools.messages")}</h3>
          <Button
            size="xs"
            variant="subtle"
            disabled={mqtt.messages.length === 0}
            onClick={() => mqtt.clear()}
          >
            {t("tools.clear")}
          </Button>
        </div>
        <div
          className="code"
          role="log"
          aria-label={t("tools.messages")}
          tabIndex={0}
          style={{ maxHeight: 260 }}
        >
          {mqtt.messages.length === 0 && <span className="hint">{t("tools.empty")}</span>}
          {mqtt.messages.map((message) => (
            <div key={message.id} style={{ marginBottom: 8 }}>
              <span className="hint">
                {clock(message.at)} {t(message.received ? "tools.received" : "tools.sent")} QoS {message.qos}
                {message.retain ? ` ${t("tools.retain")}` : ""}
              </span>{" "}
              <b>{message.topic}</b>
              <div>{message.payload}</div>
            </div>
          ))}
        </div>
      </div>
    </Card>
  );
}

export default function Tools() {
  const t = useText();
  const addresses = useAddresses();
  const [numbers, setNumbers] = useState([1, 2]);
  return (
    <Page
      title={t("nav.tools")}
      aside={
        <Button variant="default" onClick={() => setNumbers((old) => [...old, Math.max(0, ...old) + 1])}>
          {t("tools.add")}
        </Button>
      }
    >
      <span className="hint">{t("tools.help")}</span>
      {addresses?.length === 0 && <Note tone="warn">{t("tools.noListener")}</Note>}
      <div className="grid-two">
        {numbers.map((number) => (
          <ConnectionCard
            key={number}
            number={number}
            addresses={addresses ?? []}
            onRemove={() => setNumbers((old) => old.filter((one) => one !== number))}
          />
        ))}
      </div>
    </Page>
  );
}
