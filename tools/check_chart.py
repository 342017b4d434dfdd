#!/usr/bin/env python3
"""The Helm chart renders, its objects are what Kubernetes takes, and they fit each other.

usage: check_chart.py [--update | --self-test]

Each file of packaging/helm/meshmq/ci is rendered (tools/helm_template.py, there is no Helm here) and checked against
packaging/kubernetes/objects.schema.json. The plain manifest packaging/kubernetes/meshmq.yaml is one such rendering:
--update writes it.
"""

import copy
import json
import re
import sys

import helm_template
from helm_template import TemplateError, jsonschema, objects_of, render_chart, yaml
from sources import ROOT

CHART = ROOT / "packaging/helm/meshmq"
MANIFEST = ROOT / "packaging/kubernetes/meshmq.yaml"
SCHEMA = json.loads((ROOT / "packaging/kubernetes/objects.schema.json").read_text())
MANIFEST_HEAD = """\
# MeshMQ on Kubernetes without Helm: kubectl apply -n NAMESPACE -f meshmq.yaml, after these changes:
# the cookie (Secret), the image (StatefulSet), and the namespace `default` everywhere.
# Written by tools/check_chart.py --update from the chart; docs/kubernetes.md explains it.
"""
ROLE_NEEDS = {"endpoints": {"get", "list", "watch"}, "endpointslices": {"get", "list", "watch"}}


def schema_problems(one):
    kind = one.get("kind")
    if kind not in SCHEMA["kinds"]:
        return [f"{kind} is not in the schema"]
    whole = {"definitions": SCHEMA["definitions"], **SCHEMA["kinds"][kind]}
    errors = jsonschema.Draft7Validator(whole).iter_errors(one)
    return [f"{kind}: {'.'.join(map(str, error.absolute_path))}: {error.message}" for error in errors]


def selects(labels, selector):
    return all(labels.get(key) == value for key, value in selector.items())


class Objects:
    """What was rendered, and whether it fits together."""

    def __init__(self, objects, values):
        self.all, self.values, self.problems = objects, values, []

    def of(self, kind):
        return [one for one in self.all if one["kind"] == kind]

    def names(self, kind):
        return {one["metadata"]["name"] for one in self.of(kind)}

    def expect(self, condition, problem):
        if not condition:
            self.problems.append(problem)

    def check(self):
        seen = [(one["kind"], one["metadata"]["name"]) for one in self.all]
        self.expect(len(seen) == len(set(seen)), "two objects of one kind have the same name")
        sets = self.of("StatefulSet")
        self.expect(len(sets) == 1, "there is not one StatefulSet")
        if sets:
            self.check_set(sets[0])
        return self.problems

    def check_set(self, stateful):
        spec, pod = stateful["spec"], stateful["spec"]["template"]["spec"]
        labels, container = spec["template"]["metadata"]["labels"], pod["containers"][0]
        self.expect(selects(labels, spec["selector"]["matchLabels"]), "the StatefulSet does not select its pods")
        for budget in self.of("PodDisruptionBudget"):
            self.expect(selects(labels, budget["spec"]["selector"]["matchLabels"]), "the budget selects other pods")
        self.check_services(spec, labels, container)
        self.check_volumes(spec, pod, container)
        self.check_rights(pod["serviceAccountName"])
        self.check_environment(container)
        self.check_metrics()

    def check_services(self, spec, labels, container):
        ports = {port["name"] for port in container["ports"]}
        for service in self.of("Service"):
            name = service["metadata"]["name"]
            self.expect(selects(labels, service["spec"]["selector"]), f"service {name} selects other pods")
            for port in service["spec"]["ports"]:
                self.expect(port["targetPort"] in ports, f"service {name}: no port {port['targetPort']} in the pod")
        headless = [one for one in self.of("Service") if one["metadata"]["name"] == spec["serviceName"]]
        self.expect(headless, f"there is no service {spec['serviceName']}")
        for service in headless:
            self.expect(service["spec"].get("clusterIP") == "None", "the StatefulSet's service is not headless")
            # Else names of pods resolve only once they are ready, which they are only with their names.
            named = service["spec"].get("publishNotReadyAddresses") is True
            self.expect(named, "pods that are not ready have no names")

    def check_metrics(self):
        for monitor in self.of("ServiceMonitor"):
            wanted = monitor["spec"]["selector"]["matchLabels"]
            services = [one for one in self.of("Service") if selects(one["metadata"]["labels"], wanted)]
            self.expect(len(services) == 1, f"the ServiceMonitor selects {len(services)} services")
            ports = {port["name"] for service in services for port in service["spec"]["ports"]}
            for endpoint in monitor["spec"]["endpoints"]:
                self.expect(endpoint["port"] in ports, f"the ServiceMonitor asks a port {endpoint['port']}")
        for board in self.of("ConfigMap"):
            for name, text in board["data"].items():
                if name.endswith(".json"):
                    self.expect("panels" in json.loads(text), f"{name} is no dashboard of Grafana")

    def check_volumes(self, spec, pod, container):
        claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        volumes = {volume["name"] for volume in pod["volumes"]} | claims
        mounts = [mount["name"] for mount in container["volumeMounts"]]
        self.expect(set(mounts) == volumes, f"mounted {sorted(mounts)}, but there are {sorted(volumes)}")
        paths = [mount["mountPath"] for mount in container["volumeMounts"]]
        nested = [(a, b) for a in paths for b in paths if a != b and b.startswith(a + "/")]
        self.expect(not nested, f"a read-only volume cannot hold another one: {nested}")
        for volume in pod["volumes"]:
            if "configMap" in volume:
                name = volume["configMap"]["name"]
                self.expect(name in self.names("ConfigMap"), f"there is no ConfigMap {name}")

    def check_rights(self, account):
        if self.values.get("serviceAccount", {}).get("create", True):
            self.expect(account in self.names("ServiceAccount"), f"there is no service account {account}")
        if not self.values.get("rbac", {}).get("create", True):
            return
        rights = {}
        for role in self.of("Role"):
            for rule in role["rules"]:
                for resource in rule["resources"]:
                    rights.setdefault(resource, set()).update(rule["verbs"])
                group = "" if "endpoints" in rule["resources"] else "discovery.k8s.io"
                self.expect(rule["apiGroups"] == [group], f"{rule['resources']} are not of {rule['apiGroups']}")
        self.expect(rights == ROLE_NEEDS, f"the role allows {rights}")
        for binding in self.of("RoleBinding"):
            self.expect(binding["roleRef"]["name"] in self.names("Role"), "the binding is of an unknown role")
            self.expect([one["name"] for one in binding["subjects"]] == [account], "the binding is for somebody else")

    def check_environment(self, container):
        known = set()
        for variable in container["env"]:
            for used in re.findall(r"\$\((\w+)\)", variable.get("value", "")):
                self.expect(used in known, f"{variable['name']} uses {used}, which comes later or never")
            known.add(variable["name"])
            secret = variable.get("valueFrom", {}).get("secretKeyRef")
            part = "cookie" if secret and secret["key"] == "cookie" else "management"
            ours = not self.values.get(part, {}).get("existingSecret")
            if secret and ours:
                self.expect(secret["name"] in self.names("Secret"), f"{variable['name']}: there is no such Secret")


def paths_of(value, prefix=()):
    """Every key of the values; maps that are empty are values themselves."""
    if isinstance(value, dict) and value:
        return [path for key, inner in value.items() for path in paths_of(inner, (*prefix, key))]
    return [prefix]


def unused_values():
    """Values that no template reads, and values that a template reads but values.yaml does not have."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    text = "\n".join(path.read_text() for path in (CHART / "templates").iterdir())
    used = {tuple(name.split(".")) for name in re.findall(r"\.Values\.([A-Za-z.]+[A-Za-z])", text)}
    paths = paths_of(values)
    reads = [path for path in paths if any(path[: len(one)] == one for one in used)]
    problems = [f"values.yaml: no template uses {'.'.join(path)}" for path in paths if path not in reads]
    known = {path[:length] for path in paths for length in range(1, len(path) + 1)}
    return problems + [f"values.yaml has no {'.'.join(one)}" for one in sorted(used) if one not in known]


def chart_problems():
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = re.search(r"project\(meshmq VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    problems = []
    if about.get("apiVersion") != "v2" or about.get("name") != CHART.name or about.get("type") != "application":
        problems.append("Chart.yaml: apiVersion, name or type")
    if about.get("appVersion") != version:
        problems.append(f"Chart.yaml: appVersion is {about.get('appVersion')}, the project is {version}")
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(about.get("version"))):
        problems.append("Chart.yaml: version is not of the form 1.2.3")
    return problems + unused_values()


def rendering(values, name="meshmq", namespace="default"):
    return render_chart(CHART, [values], name, namespace)


def rendering_problems(values, name="meshmq", namespace="default"):
    try:
        objects = objects_of(rendering(values, name, namespace))
    except (TemplateError, yaml.YAMLError) as error:
        return [str(error)]
    problems = [problem for one in objects for problem in schema_problems(one)]
    elsewhere = [one["kind"] for one in objects if one["metadata"].get("namespace") != namespace]
    problems += [f"{kind} in another namespace" for kind in elsewhere]
    return problems or Objects(objects, values).check()


def self_test():
    """What is broken is found."""
    minimal = {"cookie": {"value": "x"}}
    objects = objects_of(rendering(minimal))

    def broken(change):
        spoiled = copy.deepcopy(objects)
        change({(one["kind"], one["metadata"]["name"]): one for one in spoiled})
        return [p for one in spoiled for p in schema_problems(one)] or Objects(spoiled, minimal).check()

    def pod(by):
        return by["StatefulSet", "meshmq"]["spec"]["template"]["spec"]

    def mount(by, name):
        pod(by)["containers"][0]["volumeMounts"].append({"name": name, "mountPath": "/x"})

    changes = {
        "a port that is no number": lambda by: by["Service", "meshmq"]["spec"]["ports"][0].update(port="1883"),
        "a typo": lambda by: pod(by)["containers"][0].update(imagePullPolcy="Always"),
        "an unknown volume": lambda by: mount(by, "x"),
        "another service": lambda by: by["StatefulSet", "meshmq"]["spec"].update(serviceName="other"),
        "names when ready": lambda by: by["Service", "meshmq-headless"]["spec"].update(publishNotReadyAddresses=False),
        "too few rights": lambda by: by["Role", "meshmq"]["rules"].pop(),
        "another account": lambda by: pod(by).update(serviceAccountName="other"),
        "a variable that comes later": lambda by: pod(by)["containers"][0]["env"].reverse(),
        "other pods": lambda by: by["Service", "meshmq"]["spec"]["selector"].update({"app.kubernetes.io/name": "x"}),
    }
    missed = [name for name, change in changes.items() if not broken(change)]
    refusals = (
        ({}, "set cookie.value"),
        ({"replicaCount": 0}, "replicaCount"),
        ({"replicas": 1}, "replicas"),
        ({"distTls": {"enabled": True}}, "distTls"),
        ({**minimal, "management": {"enabled": True}}, "set management.apiSecret"),
        ({**minimal, "metrics": {"serviceMonitor": {"enabled": True}}}, "values"),
    )
    for values, said in refusals:
        if not any(said in problem for problem in rendering_problems(values)):
            missed.append(str(values))
    print("\n".join(f"not found: {name}" for name in missed) or "what is broken is found")
    return 1 if missed else 0


def main():
    if "--self-test" in sys.argv:
        return self_test()
    problems = chart_problems()
    for path in sorted((CHART / "ci").iterdir()):
        values = yaml.safe_load(path.read_text())
        problems += [f"{path.name}: {problem}" for problem in rendering_problems(values)]
        problems += [f"{path.name}, named: {p}" for p in rendering_problems(values, "broker-of-" + "x" * 30, "mq")]
    minimal = yaml.safe_load((CHART / "ci/minimal-values.yaml").read_text())
    manifest = MANIFEST_HEAD + helm_template.manifest_of(rendering(minimal))
    if "--update" in sys.argv:
        MANIFEST.write_text(manifest)
    elif not MANIFEST.exists() or MANIFEST.read_text() != manifest:
        problems.append(f"{MANIFEST.relative_to(ROOT)} is not what the chart renders: tools/check_chart.py --update")
    print("\n".join(problems) or "the chart is sound")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
