"""Shared subscriptions over a cluster: each message goes to one member, and to another one if that leaves it behind."""

import collections
import random
import threading
import time

import mqtt_client
from harness import SceneTest, eventually, main

GROUP = "$share/crew/jobs/#"
PROTOCOL_ERROR = 0x82


class Member(threading.Thread):
    """Comes and goes until `over` is set; notes what it got and whether its acknowledgement has arrived."""

    def __init__(self, number, nodes, over, restless):
        super().__init__(daemon=True)
        self.random = random.Random(number)
        self.number, self.nodes, self.over, self.restless = number, nodes, over, restless
        self.acknowledged, self.left_behind, self.error = [], [], None
        self.ready = threading.Event()

    def run(self):
        try:
            while not self.over.is_set():
                self.live_once()
        except Exception as error:  # shown by the test
            self.error = error
            self.ready.set()

    def live_once(self):
        node = self.random.choice(self.nodes)
        client = node.client(f"member-{self.number}", self.random.choice([4, 5]))
        client.subscribe(GROUP, qos=1)
        self.ready.set()
        until = time.monotonic() + self.random.uniform(0.1, 0.8)
        while not self.over.is_set() and (not self.restless or time.monotonic() < until):
            self.acknowledged += client.drain(0.05)
        if self.over.is_set():
            # Nothing is under way any more.
            self.acknowledged += client.drain(0.2)
            return client.disconnect()
        way = self.random.choice(["drops", "unsubscribes", "says goodbye"])
        if way == "unsubscribes":
            client.unsubscribe(GROUP)
            client.ping()
            self.acknowledged += client.drain(0.2)
            return client.disconnect()
        # What comes before the answer has been acknowledged, or has not, for certain.
        client.auto_ack = False
        self.acknowledged += client.messages
        client.messages.clear()
        client.ping()
        self.left_behind += client.drain(0.05)
        client.disconnect() if way == "says goodbye" else client.drop()


class Crowd(SceneTest):
    def test_members_come_and_go_and_no_message_is_lost_or_doubled(self):
        nodes = self.scene.cluster(3, settings={"node.workers": 2})
        over = threading.Event()
        members = [Member(number, nodes, over, restless=number > 0) for number in range(8)]
        for member in members:
            member.start()
        for member in members:
            self.assertTrue(member.ready.wait(20))
        publishers = []
        for number, node in enumerate(nodes):
            publishers.append(threading.Thread(target=self.publish, args=(node, number, 600)))
        for publisher in publishers:
            publisher.start()
        for publisher in publishers:
            publisher.join()
        expected = {f"{number}-{message}".encode() for number in range(3) for message in range(600)}

        def have():
            return {m.payload for member in members for m in member.acknowledged}

        try:
            eventually(lambda: have() == expected, "all messages", 30)
        finally:
            over.set()
            for member in members:
                member.join(20)
        self.assertEqual([member.error for member in members if member.error], [])
        self.assertEqual(have(), expected)
        times = collections.Counter(m.payload for member in members for m in member.acknowledged)
        self.assertEqual([payload for payload, count in times.items() if count > 1], [])
        self.assertTrue(any(member.left_behind for member in members), "nobody left anything behind")
        self.assertGreater(sum(1 for member in members if member.acknowledged), 4)

    def publish(self, node, number, count):
        client = node.client(f"publisher-{number}")
        for first in range(0, count, 20):
            client.publish_all(f"jobs/{number}", [f"{number}-{message}" for message in range(first, first + 20)])
            time.sleep(0.05)


class Strategies(SceneTest):
    """Members a and b on the publisher's node, c on another one."""

    def start(self, strategy, **more):
        settings = {"node.workers": 2, "broker.shared_subscription_strategy": strategy, **more}
        self.nodes = self.scene.cluster(2, settings=settings)
        self.members = {}
        for name, node in (("a", 0), ("b", 0), ("c", 1)):
            self.join(name, node)

    def join(self, name, node):
        self.members[name] = self.nodes[node].client(name)
        self.members[name].subscribe(GROUP, qos=1)

    def publish(self, count=60, publisher="p", node=0, topic="jobs/x"):
        client = self.nodes[node].client(publisher)
        client.publish_all(topic, [str(number) for number in range(count)])
        client.disconnect()
        return self.counts(count)

    def counts(self, expected):
        counts = collections.Counter()

        def all_there():
            for name, member in self.members.items():
                counts[name] += len(member.drain(0.02))
            return sum(counts.values()) >= expected

        eventually(all_there, f"{expected} messages", 10)
        self.assertEqual(sum(counts.values()), expected)
        return +counts

    def test_random(self):
        self.start("random")
        counts = self.publish()
        for name in "abc":
            self.assertGreater(counts[name], 4)

    def test_round_robin(self):
        self.start("round_robin")
        for publisher, node in (("p", 0), ("q", 1)):
            self.assertEqual(self.publish(publisher=publisher, node=node), {"a": 20, "b": 20, "c": 20})

    def test_round_robin_per_group(self):
        self.start("round_robin_per_group")
        self.assertEqual(self.publish(), {"a": 20, "b": 20, "c": 20})

    def test_sticky(self):
        self.start("sticky")
        counts = self.publish()
        (first,) = counts
        self.assertEqual(self.publish(), counts)
        self.join("d", 1)
        self.assertEqual(self.publish(), counts)
        self.members.pop(first).disconnect()
        time.sleep(0.5)
        counts = self.publish()
        self.assertEqual(len(counts), 1)
        self.assertEqual(self.publish(), counts)

    def test_hash_clientid(self):
        self.start("hash_clientid")
        used = set()
        for publisher in ("p", "q", "r", "s", "t", "u", "v", "w"):
            (chosen,) = self.publish(10, publisher)
            self.assertEqual(set(self.publish(10, publisher, node=1, topic="jobs/y")), {chosen})
            used.add(chosen)
        self.assertGreater(len(used), 1)

    def test_hash_topic(self):
        self.start("hash_topic")
        used = set()
        for number in range(8):
            topic = f"jobs/{number}"
            (chosen,) = self.publish(10, "p", topic=topic)
            self.assertEqual(set(self.publish(10, "q", node=1, topic=topic)), {chosen})
            used.add(chosen)
        self.assertGreater(len(used), 1)

    def test_local(self):
        self.start("local")
        self.assertEqual(set(self.publish()), {"a", "b"})
        self.assertEqual(set(self.publish(node=1)), {"c"})
        self.members.pop("c").disconnect()
        time.sleep(0.5)
        self.assertEqual(set(self.publish(node=1)), {"a", "b"})

    def test_dispatch_ack(self):
        self.start("sticky", **{"broker.shared_dispatch_ack_enabled": "true", "zone.external.max_inflight": 1})
        for member in self.members.values():
            member.auto_ack = False
        self.assertEqual(self.publish(3), {"a": 1, "b": 1, "c": 1})


class Exclusive(SceneTest):
    TAKEN = 0x97

    def setUp(self):
        super().setUp()
        self.nodes = self.scene.cluster(3, settings={"node.workers": 2, "mqtt.exclusive_subscription": "true"})

    def asks(self, client, filter):
        return client.try_subscribe(filter, qos=1)[0]

    def test_one_client_of_the_cluster_has_it_and_takes_it_along(self):
        filter, nodes = "$exclusive/door/+", self.nodes
        second, publisher = nodes[1].client("second", 5), nodes[1].client("publisher")
        first = nodes[0].client("first", clean=False)
        self.assertEqual(self.asks(first, filter), 1)
        self.assertEqual(self.asks(second, filter), self.TAKEN)
        publisher.publish("door/1", "open", qos=1)
        self.assertEqual(first.receive_payloads(1), ["open"])
        first.disconnect()
        self.assertEqual(self.asks(second, filter), self.TAKEN)
        publisher.publish("door/1", "kept", qos=1)
        first = nodes[2].client("first", clean=False)
        self.assertEqual(self.asks(second, filter), self.TAKEN)
        publisher.publish("door/1", "shut", qos=1)
        self.assertEqual(first.receive_payloads(2), ["kept", "shut"])
        refused = nodes[1].ctl("subscriptions", "add", "second", filter, "1", code=1)
        self.assertIn("quota_exceeded", refused.out)
        first.unsubscribe(filter)
        eventually(lambda: self.asks(second, filter) == 1, "it is free")
        nodes[1].kill()
        third = nodes[0].client("third", 5)
        eventually(lambda: self.asks(third, filter) == 1, "a dead node holds nobody up")

    def test_of_many_that_ask_at_once_one_has_it(self):
        clients = [node.client(f"client-{number}-{i}", 5) for i, node in enumerate(self.nodes) for number in range(3)]
        publisher = self.nodes[0].client("publisher")
        for turn in range(10):
            codes = {}

            def ask(client, filter=f"$exclusive/race/{turn}", codes=codes):
                codes[client] = self.asks(client, filter)

            threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            granted = [client for client, code in codes.items() if code == 1]
            self.assertEqual(len(granted), 1, codes.values())
            publisher.publish(f"race/{turn}", "x", qos=1)
            self.assertEqual(granted[0].receive_payloads(1), ["x"])


class Redelivery(SceneTest):
    def setUp(self):
        super().setUp()
        self.nodes = self.scene.cluster(2, settings={"node.workers": 2})

    def test_another_member_gets_what_was_not_acknowledged(self):
        first = self.nodes[0].client("first")
        first.auto_ack = False
        first.subscribe(GROUP, qos=1)
        publisher = self.nodes[1].client("publisher")
        publisher.publish("jobs/1", "one", qos=1)
        publisher.publish("jobs/1", "two", qos=1)
        self.assertEqual(first.receive_payloads(2), ["one", "two"])
        second = self.nodes[1].client("second")
        second.subscribe(GROUP, qos=1)
        self.assertEqual(second.drain(0.3), [])
        first.drop()
        self.assertEqual(sorted(second.receive_payloads(2)), ["one", "two"])
        self.assertEqual(second.drain(0.3), [])

    def test_who_is_away_gets_nothing_as_long_as_somebody_is_there(self):
        sleeper = self.nodes[0].client("sleeper", clean=False)
        sleeper.subscribe(GROUP, qos=1)
        present = self.nodes[1].client("present")
        present.subscribe(GROUP, qos=1)
        sleeper.disconnect()
        time.sleep(0.5)
        publisher = self.nodes[0].client("publisher")
        publisher.publish_all("jobs/1", [str(number) for number in range(20)])
        self.assertEqual(sorted(map(int, present.receive_payloads(20))), list(range(20)))
        present.disconnect()
        time.sleep(0.5)
        publisher.publish("jobs/1", "kept", qos=1)
        sleeper = self.nodes[0].client("sleeper", clean=False)
        self.assertEqual(sleeper.receive_payloads(1), ["kept"])

    def test_a_member_keeps_its_group_when_it_moves_to_another_node(self):
        client = self.nodes[0].client("wanderer", clean=False)
        client.subscribe(GROUP, qos=1)
        client.disconnect()
        publisher = self.nodes[0].client("publisher")
        publisher.publish("jobs/1", "waiting", qos=1)
        client = self.nodes[1].client("wanderer", clean=False)
        self.assertTrue(client.session_present)
        self.assertEqual(client.receive_payloads(1), ["waiting"])
        publisher.publish("jobs/1", "later", qos=1)
        self.assertEqual(client.receive_payloads(1), ["later"])
        self.assertEqual(client.drain(0.3), [])

    def test_members_of_a_dead_node_are_not_waited_for(self):
        survivor = self.nodes[0].client("survivor")
        survivor.subscribe(GROUP, qos=1)
        doomed = self.nodes[1].client("doomed")
        doomed.subscribe(GROUP, qos=1)
        publisher = self.nodes[0].client("publisher")
        publisher.publish_all("jobs/1", [str(number) for number in range(20)])
        survivor.drain(0.3)
        self.nodes[1].kill()
        publisher.publish_all("jobs/1", [f"after-{number}" for number in range(50)])
        self.assertEqual(len(set(survivor.receive_payloads(50))), 50)

    def test_rules(self):
        with self.assertRaisesRegex(mqtt_client.MqttError, "closed, reason 143"):
            self.nodes[0].client("ill-formed", 5).subscribe("$share/a")
        client = self.nodes[0].client("strict", 5)
        self.assertNotIn("shared_available", client.connack_properties)
        self.nodes[0].client("publisher").publish("jobs/kept", "retained", retain=True, qos=1)
        client.subscribe(GROUP, "$queue/q", qos=1)
        self.assertEqual(client.drain(0.3), [])
        for node in self.nodes:
            eventually(lambda n=node: f"jobs/# -> {self.nodes[0].name}" in n.routes(), "the group's route", 5)
        lines = self.nodes[0].ctl("subscriptions", "list").lines
        self.assertIn("strict -> jobs/#", lines)
        self.assertIn("strict -> q", lines)
        client.unsubscribe(GROUP)
        client.unsubscribe("$queue/q")
        for node in self.nodes:
            eventually(lambda n=node: n.routes() == [], "no route", 5)
        with self.assertRaisesRegex(mqtt_client.MqttError, f"reason {PROTOCOL_ERROR}"):
            client.subscribe(GROUP, options=4)


if __name__ == "__main__":
    main()
