// Texts in two languages. A key that one of them lacks does not compile. English is always here; the other one comes
// when it is chosen.

import { useSyncExternalStore } from "react";
import { ApiError } from "./api";
import { en } from "./en";
import type { ServerText } from "./server_text";

export type Language = "en" | "zh";
export type TextKey = keyof typeof en;
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

/** All that is said in one language. */
interface Voice {
  language: Language;
  t: Translate;
  /** What the broker has said. */
  serverText: ServerText;
  /** By the API's codes, where the broker's text is not known. */
  codes: Record<number, string>;
}

const KEY = "meshmq.language";
const listeners = new Set<() => void>();
const english: Voice = { language: "en", t: translator(en), serverText: (text) => text, codes: {} };
let chinese: Voice | null = null;
let voice = english;

function translator(table: Record<TextKey, string>): Translate {
  return (key, values = {}) => table[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

function initial(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

async function voiceOf(language: Language): Promise<Voice> {
  if (language === "en") return english;
  if (!chinese) {
    const { texts, serverText, codes } = await import("./chinese");
    chinese = { language, t: translator(texts), serverText, codes };
  }
  return chinese;
}

function speak(next: Voice): void {
  voice = next;
  document.documentElement.lang = next.language === "zh" ? "zh-CN" : "en";
  document.title = next.t("app.title");
  for (const listener of listeners) listener();
}

/** Stays with the old one if the other cannot be loaded. */
export async function setLanguage(next: Language): Promise<void> {
  try {
    speak(await voiceOf(next));
    localStorage.setItem(KEY, next);
  } catch (error) {
    console.warn(error);
  }
}

/** The language of last time, or of the browser; never fails. */
export async function startLanguage(): Promise<void> {
  speak(await voiceOf(initial()).catch(() => english));
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function useVoice(): Voice {
  return useSyncExternalStore(listen, () => voice);
}

export function useLanguage(): Language {
  return useVoice().language;
}

export function useText(): Translate {
  return useVoice().t;
}

/** For help, messages and reasons that come from the broker. */
export function useServerText(): ServerText {
  return useVoice().serverText;
}

/** Why something was not done. */
export function useErrorText(): (error: unknown) => string {
  const { t, serverText, codes } = useVoice();
  return (error) => {
    if (error instanceof ApiError && error.unreachable) return t("common.unreachable");
    const message = error instanceof Error ? error.message : String(error);
    const said = serverText(message);
    const kind = error instanceof ApiError ? codes[error.code] : undefined;
    return said === message && kind ? `${kind}：${message}` : said;
  };
}
