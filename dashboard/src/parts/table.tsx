// A table of rows that the server has in pages, or that are all here.

import { ActionIcon, Select } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Meta } from "../api";
import { count } from "../format";
import { useText } from "../i18n";
import { ErrorNote, Loading, Note } from "./basics";

export interface Column<Row> {
  title: ReactNode;
  cell: (row: Row) => ReactNode;
  /** num: numbers to the right; acts: buttons; wrap: sentences. */
  kind?: "num" | "acts" | "wrap";
}

export interface Paging {
  page: number;
  limit: number;
  set: (page: number, limit: number) => void;
}

export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  error,
  meta,
  paging,
  empty,
}: {
  label: string;
  columns: Column<Row>[];
  rows: Row[] | undefined;
  rowKey: (row: Row, index: number) => string;
  error?: unknown;
  meta?: Meta | undefined;
  paging?: Paging;
  empty?: string;
}) {
  const t = useText();
  return (
    <section className="card flush" aria-label={label}>
      {error ? (
        <div style={{ padding: 16 }}>
          <ErrorNote error={error} />
        </div>
      ) : rows === undefined ? (
        <Loading />
      ) : rows.length === 0 ? (
        <div className="empty">{empty ?? t("common.none")}</div>
      ) : (
        <div className="scroller" role="region" aria-label={label} tabIndex={0}>
          <table className="data">
            <thead>
              <tr>
                {columns.map((column, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
                  <th key={index} className={column.kind} scope="col">
                    {column.title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={rowKey(row, index)}>
                  {columns.map((column, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: columns stay where they are
                    <td key={at} className={column.kind}>
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {meta?.unanswered && (
        <div style={{ padding: 12 }}>
          <Note tone="warn">{t("common.unanswered", { nodes: meta.unanswered.join(", ") })}</Note>
        </div>
      )}
      {paging && rows !== undefined && !error && (
        <Pager paging={paging} meta={meta ?? {}} shown={rows.length} />
      )}
    </section>
  );
}

function Pager({ paging, meta, shown }: { paging: Paging; meta: Meta; shown: number }) {
  const t = useText();
  const { page, limit, set } = paging;
  const known = meta.count !== undefined && meta.count >= 0;
  const more = meta.hasnext ?? (known ? page * limit < (meta.count ?? 0) : shown === limit);
  return (
    <div className="table-foot">
      <span>{known && t("common.total", { n: count(meta.count ?? 0) })}</span>
      <div className="row">
        <Select
          size="xs"
          w={80}
          aria-label={t("common.rows")}
          data={["20", "50", "100", "500"]}
          value={String(limit)}
          allowDeselect={false}
          onChange={(value) => set(1, Number(value))}
        />
        <ActionIcon
          variant="default"
          aria-label={t("common.previous")}
          disabled={page <= 1}
          onClick={() => set(page - 1, limit)}
        >
          <ChevronLeft size={16} />
        </ActionIcon>
        <span>{t("common.page", { n: page })}</span>
        <ActionIcon
          variant="default"
          aria-label={t("common.next")}
          disabled={!more}
          onClick={() => set(page + 1, limit)}
        >
          <ChevronRight size={16} />
        </ActionIcon>
      </div>
    </div>
  );
}
