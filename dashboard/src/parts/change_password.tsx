// The form of a user who changes his password.

import { changePassword, logIn } from "../api";
import { useText } from "../i18n";
import { setSession } from "../session";
import { type Field, FieldsForm, PASSWORD_MIN, type Values } from "./fields_form";

/** `known`: what has been given a moment ago. Logs in with the new password at the end. */
export function ChangePassword({
  username,
  known,
}: {
  username: string;
  known?: { token: string; password: string };
}) {
  const t = useText();
  const current: Field = { name: "current", label: "login.current", secret: "current" };
  const submit = async ({ next = "", again, current = "" }: Values) => {
    if (next !== again) throw new Error(t("login.different"));
    await changePassword(username, known?.password ?? current, next, known?.token);
    // The old login ended with the old password.
    if (!known) setSession(null);
    await logIn(username, next);
  };
  return (
    <FieldsForm
      submit={t("common.save")}
      onSubmit={submit}
      fields={[
        ...(known ? [] : [current]),
        { name: "next", label: "login.new", secret: "new", least: PASSWORD_MIN },
        { name: "again", label: "login.repeat", secret: "new" },
      ]}
    />
  );
}
