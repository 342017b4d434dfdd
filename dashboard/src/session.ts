// Who has logged in: a bearer token, kept for this tab only. Never a cookie, so that no other site can use it.

import { useSyncExternalStore } from "react";

export interface Session {
  token: string;
  username: string;
  /** Milliseconds since 1970. */
  until: number;
}

const KEY = "meshmq.session";
const listeners = new Set<() => void>();
let current = load();

function load(): Session | null {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Session | null;
    return session && session.until > Date.now() ? session : null;
  } catch {
    return null;
  }
}

export function session(): Session | null {
  return current;
}

export function setSession(next: Session | null): void {
  current = next;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): Session | null {
  return useSyncExternalStore(onSession, session);
}
