"""Nodes that find each other through Kubernetes' API server: cluster.discovery = k8s."""

import functools
import json
import os
import pathlib
import subprocess
import sys

import pki
from harness import BIN, PATIENCE, SceneTest, eventually, eventually_equal, main, wait_running

ROUNDS = max(1, int(os.environ.get("MESHMQ_DISCOVERY_ROUNDS", "2")) // 4)
ROOT = pathlib.Path(__file__).resolve().parents[2]
FAKE = ROOT / "tests/e2e/fake_kubernetes.py"
CHART_TOOL = ROOT / "tools/helm_template.py"


class WithApiServer(SceneTest):
    def setUp(self):
        super().setUp()
        self.authority = pki.Authority(self.scene.directory / "pki")
        self.control_path = self.scene.directory / "control.json"
        self.token_path = self.scene.directory / "token"
        self.token_path.write_text("first-token\n")
        self.state = {"token": "first-token", "pods": [], "mode": "ok", "gone": False}
        self.state["rights"] = ["slices", "endpoints", "get", "watch"]
        self.server = self.scene.host()

    def control(self, **changes):
        self.state |= changes
        fresh = self.control_path.with_suffix(".new")
        fresh.write_text(json.dumps(self.state))
        os.replace(fresh, self.control_path)

    def start_api(self, port=6443, namespace="mq", service="meshmq"):
        if not self.control_path.exists():
            self.control()
        cert, key = self.authority.issue(f"api-{port}", f"IP:{self.server.address}")
        log = open(self.scene.directory / "api.log", "ab")  # noqa: SIM115: the server's for as long as it runs
        command = [sys.executable, FAKE, self.control_path, cert, key, self.server.address, port]
        api = self.scene.spawn(self.server, [*command, namespace, service], stdout=log, stderr=log)
        log.close()
        return api

    def asked(self):
        return (self.scene.directory / "api.log").read_text().splitlines()

    def node(self, host=None, name=None, **more):
        settings = {
            "cluster.discovery": "k8s",
            "cluster.discovery_interval": "1s",
            "cluster.k8s.apiserver": f"https://{self.server.address}:6443",
            "cluster.k8s.service_name": "meshmq",
            "cluster.k8s.namespace": "mq",
            "cluster.k8s.token_file": self.token_path,
            "cluster.k8s.cacertfile": self.authority.cert,
        }
        return self.scene.node(host, name=name, settings={**settings, **more})

    def pods(self, nodes, ready=True):
        return [[node.host.address, "", ready] for node in nodes]

    def launch(self, nodes):
        for node in nodes:
            node.launch()
        for node in nodes:
            eventually(node._read_ports, f"{node.name} is ready")

    def error(self, node):
        lines = node.ctl("cluster", "discovery").lines
        return "\n".join(line for line in lines if "error" in line)


class Kubernetes(WithApiServer):
    def test_pods_that_are_not_ready_find_each_other_and_changes_are_watched(self):
        self.start_api()
        nodes = [self.node() for _ in range(3)]
        # None is ready before it has a cluster: nobody waits for anybody.
        self.control(pods=self.pods(nodes[:2], ready=False))
        self.launch(nodes[:2])
        wait_running(nodes[:2])
        self.control(pods=self.pods(nodes[:2]))
        eventually(lambda: any(line.startswith("watch /apis") for line in self.asked()), "slices are watched")
        lists = sum(line.startswith("list") for line in self.asked())
        nodes[2].start()
        self.control(pods=self.pods(nodes))
        wait_running(nodes)
        found = f"found {nodes[2].name}: member"
        eventually(lambda: found in nodes[0].ctl("cluster", "discovery").lines, "the new pod was told of")
        now = sum(line.startswith("list") for line in self.asked())
        self.assertLessEqual(now, lists + 1, "only the new one listed")
        # What happened meanwhile is forgotten there: everything is listed anew.
        self.control(gone=True)
        eventually(lambda: sum(line.startswith("list") for line in self.asked()) >= lists + 4, "they list again")
        self.control(gone=False, pods=self.pods(nodes[:2]))
        eventually(lambda: found not in nodes[0].ctl("cluster", "discovery").lines, "watched again")
        wait_running(nodes)

    def test_pods_that_start_at_the_same_moment_form_one_cluster(self):
        self.start_api()
        hosts = [self.scene.host() for _ in range(5)]
        self.control(pods=[[host.address, "", False] for host in hosts])
        for _ in range(ROUNDS):
            nodes = [self.node(host) for host in hosts]
            self.launch(nodes)
            wait_running(nodes)
            for node in nodes:
                node.stop()

    def test_each_refusal_has_its_line_and_is_said_once(self):
        first, second = nodes = [self.node() for _ in range(2)]
        self.launch(nodes)
        first.wait_log("has no answer: https://.*: connect: Connection refused. This node serves alone")
        self.control(pods=self.pods(nodes), mode="503")
        self.start_api()
        eventually(lambda: "HTTP 503" in self.error(first), "503")
        self.control(mode="ok", token="second-token")
        eventually(lambda: "HTTP 401" in self.error(first), "401")
        self.assertIn(f"the token in {self.token_path} is not accepted", self.error(first))
        self.control(token="first-token", rights=[])
        eventually(lambda: "HTTP 403" in self.error(first), "403")
        self.assertIn("may get, list and watch endpoints and endpointslices", self.error(first))
        self.assertLessEqual(first.log().count("has no answer"), 4, "not a flood")
        self.control(rights=["slices", "watch"], token="third-token")
        # Kubernetes replaces tokens while pods run.
        self.token_path.write_text("third-token")
        wait_running(nodes)
        first.wait_log("Discovery by k8s answers again")

    def test_what_a_role_allows_is_used(self):
        self.start_api()
        nodes = [self.node() for _ in range(2)]
        # The role of 4.3: one Endpoints object. It is asked for every interval.
        self.control(pods=self.pods(nodes), rights=["get"])
        self.launch(nodes)
        wait_running(nodes)
        nodes[0].wait_log("asking for one Endpoints object")
        more = self.node()
        self.control(rights=["endpoints", "watch"], pods=self.pods([*nodes, more]))
        more.start()
        more.wait_log("asking for Endpoints instead")
        wait_running([*nodes, more])
        eventually(lambda: any("watch /api/v1" in line for line in self.asked()), "Endpoints are watched")

    def test_names_of_pods(self):
        self.start_api()
        hosts = [self.scene.host() for _ in range(2)]
        suffix = {"cluster.k8s.suffix": "svc.cluster.local", "cluster.k8s.address_type": "hostname"}
        self.control(pods=[[host.address, f"mq-{number}", True] for number, host in enumerate(hosts)])
        wrong = self.node(hosts[0], **suffix).start()
        names = [f"meshmq@mq-{number}.meshmq.mq.svc.cluster.local" for number in range(2)]
        wrong.wait_log(f"others call this node '{names[0]}', but node.name = {wrong.name}")
        eventually_equal(
            lambda: [line.split(":")[0] for line in wrong.ctl("cluster", "discovery").lines if "found" in line],
            [f"found {name}" for name in names],
            "names of a StatefulSet's pods",
        )

    def test_a_server_that_fails_is_passed_by_and_strangers_are_not_believed(self):
        urls = f"https://{self.server.address}:1,https://{self.server.address}:6443"
        nodes = [self.node(**{"cluster.k8s.apiserver": urls}) for _ in range(2)]
        self.control(pods=self.pods(nodes))
        api = self.start_api()
        self.launch(nodes)
        wait_running(nodes)
        api.kill()
        api.wait()
        self.authority = pki.Authority(self.scene.directory / "others", "Others")
        self.start_api()
        eventually(lambda: "certificate verify failed" in self.error(nodes[0]), "another CA is not believed")
        wait_running(nodes)


class Chart(WithApiServer):
    """What the Helm chart makes, run without Kubernetes: its configuration, environment and commands."""

    def render(self, *settings):
        words = [sys.executable, CHART_TOOL, ROOT / "packaging/helm/meshmq", "--namespace", "mq", "--json"]
        for setting in settings:
            words += ["--set", setting]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return {(one["kind"], one["metadata"]["name"]): one for one in json.loads(done.stdout)}

    def words(self, pod, command):
        return ["nsenter", f"--mount=/proc/{pod['holder'].pid}/ns/mnt", "--", BIN / command[0], *command[1:]]

    def run_in(self, pod, command):
        environment = {**self.scene.environment, **pod["environment"]}
        return pod["host"].run(self.words(pod, command), check=False, timeout=PATIENCE * 2, env=environment)

    def spawn_in(self, pod, command):
        with open(pod["log"], "ab") as log:
            environment = {**self.scene.environment, **pod["environment"]}
            return self.scene.spawn(pod["host"], self.words(pod, command), stdout=log, stderr=log, env=environment)

    def make_pods(self, objects, count):
        stateful, configuration = objects["StatefulSet", "meshmq"], objects["ConfigMap", "meshmq"]["data"]
        container = stateful["spec"]["template"]["spec"]["containers"][0]
        service = stateful["spec"]["serviceName"]
        hosts = [self.scene.host() for _ in range(count)]
        names = [f"meshmq-{number}.{service}.mq.svc.cluster.local" for number in range(count)]
        table = "127.0.0.1 localhost\n" + "".join(f"{h.address} {n}\n" for h, n in zip(hosts, names, strict=True))
        pods = []
        for host, name in zip(hosts, names, strict=True):
            directory = self.scene.directory / name
            pod = {"host": host, "log": directory / "log", "container": container, "dns": name}
            pod["environment"] = self.environment_of(container, objects, name.split(".")[0])
            self.fill(pod, directory, configuration, table)
            pods.append(pod)
        return pods

    def environment_of(self, container, objects, pod_name):
        environment = {"KUBERNETES_SERVICE_HOST": self.server.address, "KUBERNETES_SERVICE_PORT": "6443"}
        for variable in container["env"]:
            source = variable.get("valueFrom", {})
            if "fieldRef" in source:
                value = {"metadata.name": pod_name}[source["fieldRef"]["fieldPath"]]
            elif "secretKeyRef" in source:
                reference = source["secretKeyRef"]
                value = objects["Secret", reference["name"]]["stringData"][reference["key"]]
            else:
                value = variable["value"].replace("$(POD_NAME)", environment.get("POD_NAME", ""))
            environment[variable["name"]] = value
        return environment

    def fill(self, pod, directory, configuration, hosts_table):
        """A mount namespace with what Kubernetes mounts, upon this machine's own files."""
        cert, key = self.authority.issue(pod["dns"], f"DNS:{pod['dns']}")
        ca = self.authority.cert.read_text()
        tls = {"tls.crt": cert.read_text(), "tls.key": key.read_text(), "ca.crt": ca}
        volumes = {"config": configuration, "data": {}, "dist-tls": tls}
        mounts = {mount["mountPath"]: volumes[mount["name"]] for mount in pod["container"]["volumeMounts"]}
        mounts["/run/secrets/kubernetes.io/serviceaccount"] = {"token": "first-token", "ca.crt": ca}
        mounts["/etc"] = {"hosts": hosts_table}
        script = []
        for top in ("/etc", "/var/lib", "/run"):
            upper, work = directory / f"upper{top}", directory / f"work{top}"
            upper.mkdir(parents=True)
            work.mkdir(parents=True)
            script.append(f"mount -t overlay overlay -o lowerdir={top},upperdir={upper},workdir={work} {top}")
        for target, files in mounts.items():
            path = directory / f"upper{target}"
            path.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (path / name).write_text(text)
        script.append(f"touch {directory}/mounted && exec sleep infinity")
        words = ["unshare", "--mount", "sh", "-c", " && ".join(script)]
        pod["holder"] = self.scene.spawn(pod["host"], words)
        eventually((directory / "mounted").exists, f"{pod['dns']} has its volumes")

    def check(self, *settings):
        objects = self.render("cookie.value=of-the-chart", *settings)
        configuration = objects["ConfigMap", "meshmq"]["data"]["meshmq.conf"]
        self.assertEqual("cluster.proto_dist = inet_tls\n" in configuration, "distTls.enabled=true" in settings)
        pods = self.make_pods(objects, 3)
        self.control(pods=[[pod["host"].address, pod["environment"]["POD_NAME"], False] for pod in pods])
        self.start_api(namespace="mq", service="meshmq-headless")
        for pod in pods:
            pod["process"] = self.spawn_in(pod, pod["container"]["command"])
        for pod in pods:
            probe = pod["container"]["readinessProbe"]["exec"]["command"]
            eventually(functools.partial(self.succeeds, pod, probe), f"{pod['dns']} is ready")
            eventually(functools.partial(self.sees_all, pod, pods), f"{pod['dns']} sees the others")
        for pod in pods:
            pod["process"].terminate()
            self.assertEqual(pod["process"].wait(PATIENCE), 0, pod["log"].read_text())

    def succeeds(self, pod, command):
        return self.run_in(pod, command).returncode == 0

    def sees_all(self, pod, pods):
        status = self.run_in(pod, ["meshmq_ctl", "--data-dir", "/var/lib/meshmq", "cluster", "status"]).stdout
        running = status.split("stopped_nodes")[0]
        return all(f"meshmq@{one['dns']}" in running for one in pods)

    def test_its_pods_form_a_cluster(self):
        self.check()

    def test_its_pods_form_a_cluster_with_tls(self):
        self.check("distTls.enabled=true", "distTls.secret=nodes", "config={mqtt.max_packet_size: 2MB}")


if __name__ == "__main__":
    main()
