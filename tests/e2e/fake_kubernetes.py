"""As much of a Kubernetes API server as discovery needs: Endpoints and EndpointSlices of one service, list and watch,
over TLS, for whoever shows the right token. There is none to be had here; this one checks what it is sent.

usage: fake_kubernetes.py CONTROL_FILE CERT KEY ADDRESS PORT NAMESPACE SERVICE

CONTROL_FILE is JSON that the test rewrites: {"token": .., "pods": [[ip, hostname, ready], ..], "mode": "ok" or an HTTP
status, "rights": ["slices", "endpoints", "get", "watch"], "gone": bool}. With every change resourceVersion grows, and
watches hear of it; "gone" lets them end with 410 once. Every request is a line on standard output.
"""

import http.server
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse

CONTROL, CERT, KEY, ADDRESS, PORT, NAMESPACE, SERVICE = sys.argv[1:8]
SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
ENDPOINTS = f"/api/v1/namespaces/{NAMESPACE}/endpoints"
# A slice holds so many pods here, so that a service has several.
SLICE_PODS = 2
WATCH_POLL_S = 0.05
BOOKMARK_S = 0.5


class Cluster:
    """What the control file says, with a version that grows."""

    def __init__(self):
        self.lock = threading.Lock()
        self.version, self.state, self.stamp = 100, {}, None
        self.gone_before = 0
        self.history = {}

    def look(self):
        with self.lock:
            stamp = os.stat(CONTROL).st_mtime_ns
            if stamp != self.stamp:
                self.stamp = stamp
                with open(CONTROL, encoding="utf-8") as file:
                    self.state = json.load(file)
                self.version += 1
                self.history[self.version] = self.state
                if self.state.get("gone"):
                    self.gone_before = self.version
            return self.version, self.state


CLUSTER = Cluster()


def metadata(name, version):
    return {"name": name, "namespace": NAMESPACE, "resourceVersion": str(version)}


def slices(version, state):
    pods = state["pods"]
    groups = [pods[i : i + SLICE_PODS] for i in range(0, len(pods), SLICE_PODS)]
    return [
        {
            "metadata": metadata(f"{SERVICE}-{number}", version),
            "addressType": "IPv4",
            "endpoints": [
                {"addresses": [ip], "conditions": {"ready": ready}, **({"hostname": host} if host else {})}
                for ip, host, ready in group
            ],
        }
        for number, group in enumerate(groups)
    ]


def endpoints(version, state):
    def addresses(wanted):
        pods = [(ip, host) for ip, host, ready in state["pods"] if ready == wanted]
        return [{"ip": ip, **({"hostname": host} if host else {})} for ip, host in pods]

    subset = {"addresses": addresses(True), "notReadyAddresses": addresses(False)}
    return [{"kind": "Endpoints", "metadata": metadata(SERVICE, version), "subsets": [subset]}]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, message):
        self.reply(status, {"kind": "Status", "status": "Failure", "message": message, "code": status})

    def do_GET(self):
        version, state = CLUSTER.look()
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, strict_parsing=bool(url.query)))
        watching = "watch" in query
        print("watch" if watching else "list", url.path, flush=True)
        if self.headers["Authorization"] != f"Bearer {state['token']}":
            return self.refuse(401, "Unauthorized")
        if state["mode"] != "ok":
            return self.refuse(int(state["mode"]), "the test wants it so")
        kinds = {
            SLICES: ("slices", slices, {"labelSelector": f"kubernetes.io/service-name={SERVICE}"}),
            ENDPOINTS: ("endpoints", endpoints, {"fieldSelector": f"metadata.name={SERVICE}"}),
            f"{ENDPOINTS}/{SERVICE}": ("get", endpoints, {}),
        }
        if url.path not in kinds:
            return self.refuse(404, f"no {url.path}")
        right, make, selector = kinds[url.path]
        if right not in state["rights"] or (watching and "watch" not in state["rights"]):
            return self.refuse(403, f'User "meshmq" cannot {"watch" if watching else "list"} {url.path}')
        for name, value in selector.items():
            if query.get(name) != value:
                return self.refuse(400, f"{name} is {query.get(name)!r}")
        if right == "get":
            return self.reply(200, make(version, state)[0])
        if watching:
            return self.watch(query, make)
        answer = {"kind": "List", "metadata": {"resourceVersion": str(version)}, "items": make(version, state)}
        return self.reply(200, answer)

    def event(self, kind, value):
        line = json.dumps({"type": kind, "object": value}).encode() + b"\n"
        # In two pieces: lines end where they end, not where packets do.
        for part in (line[:7], line[7:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()

    def watch(self, query, make):
        seen = int(query["resourceVersion"])
        if query.get("allowWatchBookmarks") != "true":
            return self.refuse(400, "no bookmarks")
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.monotonic() + min(int(query["timeoutSeconds"]), 20)
        # What was listed, which may have changed before this watch began.
        known = {item["metadata"]["name"] for item in make(seen, CLUSTER.history[seen])}
        bookmark = time.monotonic() + BOOKMARK_S
        while time.monotonic() < end:
            version, state = CLUSTER.look()
            if seen < CLUSTER.gone_before:
                return self.event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})
            if version > seen:
                seen = version
                now = {item["metadata"]["name"]: item for item in make(version, state)}
                for name, item in now.items():
                    self.event("MODIFIED" if name in known else "ADDED", item)
                for name in known - now.keys():
                    self.event("DELETED", {"metadata": metadata(name, version)})
                known = set(now)
            if time.monotonic() > bookmark:
                bookmark = time.monotonic() + BOOKMARK_S
                self.event("BOOKMARK", {"metadata": {"resourceVersion": str(seen)}})
            time.sleep(WATCH_POLL_S)
        self.wfile.write(b"0\r\n\r\n")
        return None

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError):
            pass


def main():
    server = http.server.ThreadingHTTPServer((ADDRESS, int(PORT)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
