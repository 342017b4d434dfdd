// Small pieces that all pages are made of.

import { Button, type ButtonProps, Modal, Skeleton, Text } from "@mantine/core";
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { Fragment, type ReactNode, useRef, useState } from "react";
import { ApiError } from "../api";
import { useErrorText, useText } from "../i18n";
import { tellDone, tellFailed } from "./told";

export type Tone = "good" | "warn" | "bad" | "accent" | "plain";

export function Tag({ tone = "plain", dot, children }: { tone?: Tone; dot?: boolean; children: ReactNode }) {
  return (
    <span className={`tag ${tone}`}>
      {dot && <span className="dot" />}
      {children}
    </span>
  );
}

export function Note({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <div className={`note ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

export function Page({
  title,
  aside,
  children,
}: {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}) {
  return (
    <>
      <div className="page-head">
        <h1>{title}</h1>
        <span className="grow" />
        {aside}
      </div>
      <div className="stack">{children}</div>
    </>
  );
}

export function Card({
  title,
  hint,
  flush,
  children,
}: {
  title?: ReactNode;
  hint?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  return (
    <section className={flush ? "card flush" : "card"}>
      {title !== undefined && (
        <div className="card-head" style={flush ? { padding: "16px 18px 0" } : undefined}>
          <h2 className="card-title">{title}</h2>
          {hint !== undefined && <span className="hint">{hint}</span>}
        </div>
      )}
      {children}
    </section>
  );
}

export function Pairs({ items }: { items: [ReactNode, ReactNode][] }) {
  return (
    <dl className="pairs">
      {items.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list does not change its order
        <div key={index} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Why something was not done, in the API's words. */
export function ErrorNote({ error }: { error: unknown }) {
  const t = useText();
  const errorText = useErrorText();
  if (error instanceof ApiError && error.missing) return <Note tone="warn">{t("common.missing")}</Note>;
  return <Note tone="bad">{errorText(error)}</Note>;
}

/** A technical name. It is broken behind a colon or slash, not within a word. */
export function Name({ children }: { children: string }) {
  return (
    <span className="mono">
      {children.split(/(?<=[:/])/).map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a name have an order and nothing else
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  );
}

export function Loading() {
  return (
    <div style={{ padding: 18 }}>
      {[80, 60, 70].map((width) => (
        <Skeleton key={width} height={14} width={`${width}%`} mb={12} />
      ))}
    </div>
  );
}

/** Asks for fresh answers of a page's queries. */
export function Refresh({ keys }: { keys: QueryKey[] }) {
  const t = useText();
  const queries = useQueryClient();
  return (
    <Button
      variant="default"
      leftSection={<RefreshCw size={15} aria-hidden />}
      onClick={() => {
        for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
      }}
    >
      {t("common.refresh")}
    </Button>
  );
}

/** Runs something that changes the cluster, says how it went, and makes the queries fresh. `attempt` leaves it to the
 *  caller to say why it failed. An empty `success`: one sees it. */
export function useAct(keys: QueryKey[]) {
  const t = useText();
  const errorText = useErrorText();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const attempt = async (run: () => Promise<unknown>, success?: string): Promise<void> => {
    setBusy(true);
    try {
      await run();
      if (success !== "") tellDone(success ?? t("common.done"), t("common.close"));
    } finally {
      setBusy(false);
      for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
    }
  };
  const act = async (run: () => Promise<unknown>, success?: string): Promise<boolean> => {
    try {
      await attempt(run, success);
      return true;
    } catch (error) {
      // The page that asks for a password says it.
      if (error instanceof ApiError && error.status === 401) return false;
      tellFailed(t("common.failed"), errorText(error), t("common.close"));
      return false;
    }
  };
  return { act, attempt, busy };
}

/** Costs nothing before it is opened: a table has one in each row. */
export function Dialog({
  open,
  onClose,
  title,
  size,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  size?: string;
  children: ReactNode;
}) {
  const t = useText();
  const used = useRef(open);
  used.current ||= open;
  if (!used.current) return null;
  return (
    <Modal
      opened={open}
      onClose={onClose}
      title={title}
      {...(size ? { size } : {})}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {children}
    </Modal>
  );
}

/** A dialog about something; it still knows what while it fades away. */
export function DialogAbout<Subject>({
  subject,
  title,
  size,
  onClose,
  children,
}: {
  subject: Subject | null;
  title: (subject: Subject) => ReactNode;
  size?: string;
  onClose: () => void;
  children: (subject: Subject) => ReactNode;
}) {
  const kept = useRef(subject);
  if (subject !== null) kept.current = subject;
  const shown = kept.current;
  return (
    <Dialog
      open={subject !== null}
      onClose={onClose}
      title={shown !== null && title(shown)}
      {...(size ? { size } : {})}
    >
      {shown !== null && children(shown)}
    </Dialog>
  );
}

/** A button that asks before it does. */
export function ConfirmButton({
  label,
  help,
  onConfirm,
  ...button
}: { label: string; help: string; onConfirm: () => Promise<unknown> } & Omit<ButtonProps, "children">) {
  const t = useText();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  return (
    <>
      <Button variant="default" size="xs" {...button} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={label}>
        <Text size="sm">{help}</Text>
        <div className="row" style={{ justifyContent: "flex-end", marginTop: 22 }}>
          <Button variant="default" onClick={() => setOpen(false)}>
            {t("common.cancel")}
          </Button>
          <Button
            color="red.9"
            loading={busy}
            onClick={async () => {
              setBusy(true);
              await onConfirm();
              setBusy(false);
              setOpen(false);
            }}
          >
            {label}
          </Button>
        </div>
      </Dialog>
    </>
  );
}

/** A button that opens a form. `children` gets what closes it. */
export function FormButton({
  label,
  title,
  children,
  ...button
}: {
  label: ReactNode;
  title?: string;
  children: (close: () => void) => ReactNode;
} & Omit<ButtonProps, "children">) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button {...button} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={title ?? label}>
        {children(() => setOpen(false))}
      </Dialog>
    </>
  );
}

export function Form({
  submit,
  onSubmit,
  busy,
  disabled,
  children,
}: {
  submit: string;
  onSubmit: () => void;
  busy?: boolean;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <Button
        type="submit"
        loading={busy ?? false}
        disabled={disabled ?? false}
        style={{ alignSelf: "flex-end" }}
      >
        {submit}
      </Button>
    </form>
  );
}

export function Meter({ value, label }: { value: number; label: string }) {
  const known = Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, value));
  return (
    <div
      className={known > 0.85 ? "meter high" : "meter"}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(known * 100)}
    >
      <div style={{ width: `${known * 100}%` }} />
    </div>
  );
}
