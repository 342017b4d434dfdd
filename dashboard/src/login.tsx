// Logging in; a password that everybody knows must be changed first.

import { PasswordInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { ApiError, changePassword, logIn } from "./api";
import { Logo, Preferences } from "./frame";
import { useText } from "./i18n";
import { Form, Note } from "./parts/basics";
import { setSession } from "./session";

const PASSWORD_MIN = 8;

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function Login() {
  const t = useText();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [token, setToken] = useState<string | null>(null);
  const submit = async () => {
    setBusy(true);
    setProblem("");
    try {
      setToken((await logIn(username, password)).mustChange);
    } catch (error) {
      setProblem(
        error instanceof ApiError && error.status === 429
          ? t("login.wait", { seconds: error.wait })
          : reason(error),
      );
    }
    setBusy(false);
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
          {token ? t("login.changeTitle") : t("login.title")}
        </h1>
        {token ? (
          <>
            <div style={{ marginBottom: 14 }}>
              <Note tone="warn">{t("login.changeHelp")}</Note>
            </div>
            <ChangePassword username={username} known={{ token, password }} />
          </>
        ) : (
          <Form submit={t("login.submit")} onSubmit={submit} busy={busy} disabled={!username || !password}>
            <TextInput
              label={t("login.username")}
              autoComplete="username"
              autoFocus
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
            />
            <PasswordInput
              label={t("login.password")}
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            {problem && <Note tone="bad">{problem}</Note>}
          </Form>
        )}
      </div>
    </main>
  );
}

/** `known`: what has been given a moment ago. Logs in with the new password at the end. */
export function ChangePassword({
  username,
  known,
}: {
  username: string;
  known?: { token: string; password: string };
}) {
  const t = useText();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (next.length < PASSWORD_MIN) return setProblem(t("login.short"));
    if (next !== again) return setProblem(t("login.different"));
    setBusy(true);
    setProblem("");
    try {
      await changePassword(username, known?.password ?? current, next, known?.token);
      // The old login ended with the old password.
      if (!known) setSession(null);
      await logIn(username, next);
    } catch (error) {
      setProblem(reason(error));
    }
    setBusy(false);
  };
  return (
    <Form submit={t("common.save")} onSubmit={submit} busy={busy} disabled={!next || !again}>
      {!known && (
        <PasswordInput
          label={t("login.current")}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
      )}
      <PasswordInput
        label={t("login.new")}
        autoComplete="new-password"
        autoFocus
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      <PasswordInput
        label={t("login.repeat")}
        autoComplete="new-password"
        value={again}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      {problem && <Note tone="bad">{problem}</Note>}
    </Form>
  );
}
