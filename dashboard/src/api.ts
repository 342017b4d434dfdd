// The management API of the node that served this page. Addresses are relative to it.

import { loginIsOver, session, setSession } from "./session";

export interface Meta {
  page?: number;
  limit?: number;
  count?: number;
  hasnext?: boolean;
  unanswered?: string[];
}

export interface Answer<T> {
  data: T;
  meta: Meta;
}

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: number,
    /** Seconds until the next attempt, if it was one too many. */
    readonly wait = 0,
  ) {
    super(message);
  }
  /** Nothing has answered. */
  get unreachable(): boolean {
    return this.status === 0;
  }
  /** The node does not have this part of the API. */
  get missing(): boolean {
    return this.status === 404;
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

/** Path segments are encoded: names of nodes, clients and topics hold anything. */
export function path(...parts: string[]): string {
  return parts.map(encodeURIComponent).join("/");
}

function address(target: string, query?: Query): URL {
  const url = new URL(`api/v4/${target}`, document.baseURI.split("#")[0]);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

export async function raw(
  method: string,
  target: string,
  options: { query?: Query; body?: unknown; token?: string } = {},
): Promise<Response> {
  const token = options.token ?? session()?.token;
  const headers: Record<string, string> = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(address(target, options.query), {
    method,
    headers,
    body: options.body === undefined ? null : JSON.stringify(options.body),
    credentials: "omit",
    cache: "no-store",
  }).catch((error: Error) => {
    throw new ApiError(error.message, 0, -1);
  });
  if (response.status === 401 && !options.token && token === session()?.token) loginIsOver();
  return response;
}

export async function call<T = undefined>(
  method: string,
  target: string,
  options: { query?: Query; body?: unknown; token?: string } = {},
): Promise<Answer<T>> {
  const response = await raw(method, target, options);
  const text = await response.text();
  const value = envelope<T>(text);
  if (!response.ok || !value || (value.code ?? 0) !== 0) throw refusal(response, text);
  return { data: value.data as T, meta: value.meta ?? {} };
}

function envelope<T>(text: string): { code?: number; message?: string; data?: T; meta?: Meta } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusal(response: Response, text: string): ApiError {
  const value = envelope(text);
  const message = value ? (value.message ?? "") : text.trim();
  const wait = Number(response.headers.get("Retry-After") ?? 0);
  return new ApiError(message || response.statusText, response.status, value?.code ?? -1, wait);
}

export const get = <T>(target: string, query?: Query) => call<T>("GET", target, query ? { query } : {});
export const post = <T = undefined>(target: string, body: unknown = {}) => call<T>("POST", target, { body });
export const put = <T = undefined>(target: string, body: unknown = {}) => call<T>("PUT", target, { body });
export const remove = <T = undefined>(target: string, query?: Query) =>
  call<T>("DELETE", target, query ? { query } : {});

export async function download(target: string, name: string): Promise<void> {
  const response = await raw("GET", target);
  if (!response.ok) throw refusal(response, await response.text());
  save(await response.blob(), name);
}

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

interface Login {
  token: string;
  expires_in: number;
  change_password: boolean;
}

/** The token that may do nothing but choose another password is given back instead of kept. */
export async function logIn(username: string, password: string): Promise<{ mustChange: string | null }> {
  const { data } = await call<Login>("POST", "auth", { body: { username, password }, token: "" });
  if (data.change_password) return { mustChange: data.token };
  setSession({ token: data.token, username, until: Date.now() + data.expires_in * 1000 });
  return { mustChange: null };
}

export async function changePassword(
  username: string,
  old_pwd: string,
  new_pwd: string,
  token?: string,
): Promise<void> {
  await call("PUT", path("change_pwd", username), {
    body: { old_pwd, new_pwd },
    ...(token ? { token } : {}),
  });
}

export async function logOut(): Promise<void> {
  try {
    await remove("auth");
  } finally {
    setSession(null);
  }
}
