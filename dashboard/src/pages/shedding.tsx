// Clients that are sent to other nodes: evacuation of a node, rebalancing of the cluster.

import { Button, NumberInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, post, remove } from "../api";
import { count } from "../format";
import { useText } from "../i18n";
import { ErrorNote, Loading, Meter, Tag, useAct } from "../parts/basics";
import type { Shedding } from "../types";

export function Shed({ node, what }: { node: string; what: "evacuation" | "rebalancing" }) {
  const t = useText();
  const target = `${path("nodes", node)}/${what}`;
  const key = [what, node];
  const { act, busy } = useAct([key]);
  const [rate, setRate] = useState<number | string>("");
  const status = useQuery({
    queryKey: key,
    queryFn: () => get<Shedding>(target),
    // Only while something goes on.
    refetchInterval: (query) => (query.state.data?.data.state === "running" ? 2000 : false),
  });
  if (status.error) return <ErrorNote error={status.error} />;
  if (!status.data) return <Loading />;
  const { state, sent_away, connections, connections_at_start } = status.data.data;
  const left = connections ?? 0;
  const begun = connections_at_start ?? 0;
  return (
    <div className="stack">
      <div className="row">
        <Tag tone={state === "off" ? "plain" : state === "running" ? "warn" : "good"} dot>
          {t(`nodes.state.${state}`)}
        </Tag>
        {state !== "off" && (
          <span className="hint">{t("nodes.sentAway", { n: count(sent_away ?? 0), left: count(left) })}</span>
        )}
      </div>
      {state !== "off" && begun > 0 && <Meter value={1 - left / begun} label={t(`nodes.state.${state}`)} />}
      <div className="fields">
        {state === "off" ? (
          <>
            <NumberInput
              className="grow"
              label={t("nodes.rate")}
              min={1}
              allowDecimal={false}
              hideControls
              value={rate}
              onChange={setRate}
            />
            <Button
              variant="default"
              loading={busy}
              onClick={() => act(() => post(target, typeof rate === "number" ? { rate } : {}), "")}
            >
              {t("common.start")}
            </Button>
          </>
        ) : (
          <Button variant="default" loading={busy} onClick={() => act(() => remove(target), "")}>
            {t("common.stop")}
          </Button>
        )}
      </div>
    </div>
  );
}
