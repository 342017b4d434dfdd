// A form of text fields that says itself why its answer was refused.

import { PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { ApiError } from "../api";
import { type TextKey, useErrorText, useText } from "../i18n";
import { Form, Note } from "./basics";

/** Of a password for this dashboard; the other passwords are others' business. */
export const PASSWORD_MIN = 8;

export interface Field {
  name: string;
  label: TextKey;
  /** A password: the one that holds, or the next one. */
  secret?: "current" | "new";
  optional?: boolean;
  /** Characters. */
  least?: number;
  /** Of browsers that fill in what they know. */
  autoComplete?: string;
}

export type Values = Record<string, string>;

/** What `onSubmit` throws is shown. */
export function FieldsForm({
  fields,
  submit,
  onSubmit,
}: {
  fields: Field[];
  submit: string;
  onSubmit: (values: Values) => Promise<unknown>;
}) {
  const t = useText();
  const errorText = useErrorText();
  const [values, setValues] = useState<Values>({});
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async () => {
    const short = fields.find((field) => (values[field.name] ?? "").length < (field.least ?? 0));
    if (short) return setProblem(t("login.short", { n: short.least ?? 0 }));
    setBusy(true);
    setProblem("");
    try {
      await onSubmit(values);
    } catch (error) {
      if (error instanceof ApiError && error.status === 429)
        setProblem(t("login.wait", { seconds: error.wait }));
      else setProblem(errorText(error));
    }
    setBusy(false);
  };
  return (
    <Form
      submit={submit}
      busy={busy}
      disabled={fields.some((field) => !field.optional && !values[field.name])}
      onSubmit={send}
    >
      {fields.map((field, index) => {
        const Input = field.secret ? PasswordInput : TextInput;
        return (
          <Input
            key={field.name}
            label={t(field.label)}
            autoComplete={field.autoComplete ?? (field.secret ? `${field.secret}-password` : "off")}
            autoFocus={index === 0}
            data-autofocus={index === 0 || undefined}
            value={values[field.name] ?? ""}
            onChange={(event) => {
              const { value } = event.currentTarget;
              setValues((old) => ({ ...old, [field.name]: value }));
            }}
          />
        );
      })}
      {problem && <Note tone="bad">{problem}</Note>}
    </Form>
  );
}
