"""The management API as a test asks it: every answer is checked against the node's own OpenAPI document."""

import base64
import http.client
import json
import re
import urllib.parse

import jsonschema

from harness import PATIENCE, Failed


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:2000]}"


class Api:
    """Of one node that runs. Remembers which operations were called."""

    def __init__(self, node, application="admin", secret="public", listener="dashboard.listener.http"):
        self.node, self.application, self.secret, self.listener = node, application, secret, listener
        self.called = set()
        self.document = json.loads(self.raw("GET", "/api/v4/openapi.json", credentials=False).body)

    def raw(self, method, target, body=None, headers=None, credentials=True):
        """One request over a connection of its own."""
        port = self.node.ports[self.listener]
        connection = http.client.HTTPConnection(self.node.address, port, timeout=PATIENCE)
        connection.sock = self.node.host.connect(self.node.address, port, timeout=PATIENCE)
        headers = dict(headers or {})
        if credentials:
            token = base64.b64encode(f"{self.application}:{self.secret}".encode()).decode()
            headers.setdefault("Authorization", f"Basic {token}")
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        try:
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))
        finally:
            connection.close()

    def operation(self, operation_id):
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] == operation_id:
                    return method.upper(), path, operation
        raise Failed(f"there is no operation {operation_id}")

    def call(self, operation_id, body=None, query=None, status=200, **params):
        """Calls by name and checks the answer; returns its JSON, or its text if it is none."""
        method, path, operation = self.operation(operation_id)
        self.called.add(operation_id)
        target = re.sub(r"\{(\w+)\}", lambda name: urllib.parse.quote(str(params.pop(name.group(1))), safe=""), path)
        if params:
            raise Failed(f"{path} has no parameters {params}")
        if body is not None:
            self.check(operation["requestBody"]["content"]["application/json"]["schema"], body, "request")
        if query:
            target += "?" + urllib.parse.urlencode(query)
        answer = self.raw(method, target, body, credentials="security" not in operation)
        if answer.status != status:
            raise Failed(f"{method} {target}: {answer}")
        media = answer.headers["Content-Type"].split(";")[0]
        if media != "application/json":
            return answer.body
        if status == 200:
            content = operation["responses"]["200"]["content"]["application/json"]
            self.check(content["schema"], answer.json, f"{method} {target}")
        return answer.json

    def check(self, schema, value, what):
        whole = {**schema, "components": self.document["components"]}
        errors = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
        if errors:
            details = [e.message for error in errors for e in (error.context or [error])]
            raise Failed(f"{what}: {json.dumps(value)[:1000]}\n" + "\n".join(details[:10]))

    def data(self, operation_id, **options):
        answer = self.call(operation_id, **options)
        if answer.get("code") != 0:
            raise Failed(f"{operation_id}: {answer}")
        return answer.get("data")
