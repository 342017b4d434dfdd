// Who has logged in: a bearer token, kept for this tab only. Never a cookie, so that no other site can use it.

import { useSyncExternalStore } from "react";

export interface Session {
  token: string;
  username: string;
  /** Milliseconds since 1970. */
  until: number;
}

const KEY = "meshmq.session";
/** Browsers wait no longer. */
const WAIT_MAX_MS = 2 ** 31 - 1;
const listeners = new Set<() => void>();
/** The last login ended, and nobody here had asked for it. */
let over = false;
let timer: ReturnType<typeof setTimeout> | undefined;
let current = load();
watch();

function load(): Session | null {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Session | null;
    over = session !== null && session.until <= Date.now();
    return over ? null : session;
  } catch {
    return null;
  }
}

/** Ends the login in time: no page needs to be refused something first. */
function watch(): void {
  clearTimeout(timer);
  if (!current) return;
  const left = current.until - Date.now();
  if (left > 0) timer = setTimeout(watch, Math.min(left, WAIT_MAX_MS));
  else loginIsOver();
}

function change(next: Session | null, isOver: boolean): void {
  current = next;
  over = isOver;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  watch();
  for (const listener of listeners) listener();
}

export function session(): Session | null {
  return current;
}

export function setSession(next: Session | null): void {
  change(next, false);
}

/** The node does not know the token any more. */
export function loginIsOver(): void {
  if (current) change(null, true);
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): Session | null {
  return useSyncExternalStore(onSession, session);
}

export function useLoginOver(): boolean {
  return useSyncExternalStore(onSession, () => over);
}
