// Texts in two languages. A key that one of them lacks does not compile.

import { useSyncExternalStore } from "react";
import { en } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh";
export type TextKey = keyof typeof en;
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

const KEY = "meshmq.language";
const tables: Record<Language, Record<TextKey, string>> = { en, zh };
const listeners = new Set<() => void>();
let language: Language = initial();

function initial(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

function apply(): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = tables[language]["app.title"];
}
apply();

export function setLanguage(next: Language): void {
  language = next;
  localStorage.setItem(KEY, next);
  apply();
  for (const listener of listeners) listener();
}

export function useLanguage(): Language {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => language,
  );
}

const translators: Record<Language, Translate> = { en: translator("en"), zh: translator("zh") };

function translator(of: Language): Translate {
  return (key, values = {}) => tables[of][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function useText(): Translate {
  return translators[useLanguage()];
}
