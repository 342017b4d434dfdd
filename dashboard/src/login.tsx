// Logging in; a password that everybody knows must be changed first.

import { useState } from "react";
import { ApiError, logIn } from "./api";
import { Logo, Preferences } from "./frame";
import { useText } from "./i18n";
import { Note } from "./parts/basics";
import { ChangePassword } from "./parts/change_password";
import { FieldsForm, type Values } from "./parts/fields_form";
import { useLoginOver } from "./session";

/** Of the API. */
const WRONG_PASSWORD = 103;

interface Known {
  username: string;
  password: string;
  token: string;
}

export function Login() {
  const t = useText();
  const over = useLoginOver();
  const [known, setKnown] = useState<Known | null>(null);
  const submit = async ({ username = "", password = "" }: Values) => {
    const { mustChange } = await logIn(username, password).catch((error) => {
      throw error instanceof ApiError && error.code === WRONG_PASSWORD ? new Error(t("login.wrong")) : error;
    });
    if (mustChange) setKnown({ username, password, token: mustChange });
  };
  return (
    <main className="login">
      <div className="card login-card">
        <div className="row" style={{ marginBottom: 22 }}>
          <Logo />
          <span style={{ fontSize: 18, fontWeight: 650 }}>MeshMQ</span>
          <span style={{ flex: 1 }} />
          <Preferences />
        </div>
        <h1 style={{ fontSize: 20, margin: "0 0 16px" }}>
          {known ? t("login.changeTitle") : t("login.title")}
        </h1>
        {(known || over) && (
          <div style={{ marginBottom: 14 }}>
            <Note tone="warn">{t(known ? "login.changeHelp" : "login.over")}</Note>
          </div>
        )}
        {known ? (
          <ChangePassword username={known.username} known={known} />
        ) : (
          <FieldsForm
            key="login"
            submit={t("login.submit")}
            onSubmit={submit}
            fields={[
              { name: "username", label: "login.username", autoComplete: "username" },
              { name: "password", label: "login.password", secret: "current" },
            ]}
          />
        )}
      </div>
    </main>
  );
}
