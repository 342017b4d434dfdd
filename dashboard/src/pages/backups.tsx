// What the cluster holds besides messages on their way, as files of the node that serves this page.

import { Button, FileButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, path, post, remove, save } from "../api";
import { bytes, count } from "../format";
import { useServerText, useText } from "../i18n";
import { Card, ConfirmButton, Note, Page, Pairs, useAct } from "../parts/basics";
import { DataTable } from "../parts/table";

interface ExportedFile {
  filename: string;
  size: number;
  created_at: string;
  node: string;
}

interface ImportReport {
  imported: Record<string, number>;
  notes: string[];
}

function Report({ filename, report }: { filename: string; report: ImportReport }) {
  const t = useText();
  const serverText = useServerText();
  return (
    <Card title={t("backups.report", { name: filename })}>
      <div className="stack">
        <Pairs items={Object.entries(report.imported).map(([section, rows]) => [section, count(rows)])} />
        {report.notes.map((note) => (
          <Note key={note} tone="warn">
            {serverText(note)}
          </Note>
        ))}
      </div>
    </Card>
  );
}

export function Backups() {
  const t = useText();
  const { act, busy } = useAct([["backups"]]);
  const [taken, setTaken] = useState<{ filename: string; report: ImportReport } | null>(null);
  const found = useQuery({ queryKey: ["backups"], queryFn: () => get<ExportedFile[]>("data/export") });
  const parsed = async (file: File): Promise<unknown> => {
    try {
      return JSON.parse(await file.text());
    } catch {
      throw new Error(t("backups.noJson", { name: file.name }));
    }
  };
  const upload = (file: File | null) =>
    file && act(async () => post("data/file", { filename: file.name, file: await parsed(file) }));
  const download = (filename: string) =>
    act(async () => {
      const { data } = await get<{ file: unknown }>(path("data", "file", filename));
      save(new Blob([JSON.stringify(data.file)], { type: "application/json" }), filename);
    });
  const take = (filename: string) =>
    act(async () => {
      const { data } = await post<ImportReport>("data/import", { filename });
      setTaken({ filename, report: data });
    });
  return (
    <Page
      title={t("nav.backups")}
      aside={
        <div className="row">
          <FileButton accept="application/json,.json" onChange={(file) => void upload(file)}>
            {(props) => (
              <Button variant="default" {...props}>
                {t("backups.upload")}
              </Button>
            )}
          </FileButton>
          <Button loading={busy} onClick={() => act(() => post("data/export"))}>
            {t("backups.write")}
          </Button>
        </div>
      }
    >
      <span className="hint">{t("backups.help")}</span>
      {taken && <Report {...taken} />}
      <DataTable
        label={t("nav.backups")}
        rows={found.data?.data}
        error={found.error}
        rowKey={(row) => row.filename}
        columns={[
          { title: t("common.name"), cell: (row) => <span className="mono">{row.filename}</span> },
          { title: t("common.size"), kind: "num", cell: (row) => bytes(row.size) },
          { title: t("common.at"), cell: (row) => row.created_at },
          { title: t("common.node"), cell: (row) => <span className="mono">{row.node}</span> },
          {
            title: t("common.actions"),
            kind: "acts",
            cell: (row) => (
              <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
                <Button size="xs" variant="default" onClick={() => void download(row.filename)}>
                  {t("common.download")}
                </Button>
                <ConfirmButton
                  label={t("backups.import")}
                  help={t("backups.importHelp", { name: row.filename })}
                  onConfirm={() => take(row.filename)}
                />
                <ConfirmButton
                  label={t("common.delete")}
                  help={t("backups.deleteHelp", { name: row.filename })}
                  onConfirm={() => act(() => remove(path("data", "file", row.filename)))}
                />
              </span>
            ),
          },
        ]}
      />
    </Page>
  );
}
