"""One session per client id in the whole cluster: a client that comes back to another node finds its session there."""

import threading
import time

import mqtt_client
from harness import SceneTest, eventually, eventually_equal, main

TAKEN_OVER = 0x8E


class Takeover(SceneTest):
    def setUp(self):
        super().setUp()
        self.nodes = self.scene.cluster(3, settings={"node.workers": 2})

    def connect(self, number, client_id="wanderer", clean=False, version=4, **options):
        return self.nodes[number].client(client_id, version, clean=clean, **options)

    def test_subscriptions_and_queue_move_with_the_client(self):
        client = self.connect(0)
        client.subscribe("moves/#", qos=2)
        client.disconnect()
        publisher = self.nodes[2].client("publisher")
        expected = []
        for number in range(40):
            publisher.publish(f"moves/{number % 3}", str(number), qos=1 + number % 2)
            expected.append(str(number).encode())
        client = self.connect(1)
        self.assertTrue(client.session_present)
        self.assertEqual([client.receive().payload for _ in expected], expected)
        publisher.publish("moves/later", "later", qos=2)
        self.assertEqual(client.receive().payload, b"later")
        self.assertEqual(client.drain(0.3), [])
        self.assertEqual([line for line in self.nodes[0].ctl("subscriptions", "list").lines if "wanderer" in line], [])
        # The old home forgets its routes when nobody can send there any more.
        for node in self.nodes:
            eventually_equal(lambda n=node: self.homes(n), [self.nodes[1].name], "where moves/# leads")

    def homes(self, node):
        return [line.split("->")[1].strip() for line in node.routes() if line.startswith("moves/#")]

    def test_the_connected_client_is_taken_over(self):
        old = self.connect(0, version=5, properties={"session_expiry": 100})
        old.subscribe("t", qos=1)
        new = self.connect(1, version=5, properties={"session_expiry": 100})
        self.assertTrue(new.session_present)
        self.assertEqual(old.wait_closed(), TAKEN_OVER)
        self.nodes[2].client("publisher").publish("t", "x", qos=1)
        self.assertEqual(new.receive().payload, b"x")

    def test_a_clean_start_ends_the_session_elsewhere(self):
        old = self.connect(0)
        old.subscribe("t", qos=1)
        old.disconnect()
        new = self.connect(1, clean=True)
        self.assertFalse(new.session_present)
        for node in self.nodes:
            eventually_equal(node.routes, [], f"routes of {node.name}")

    def test_unacknowledged_messages_are_sent_again_by_the_new_home(self):
        client = self.connect(0)
        client.subscribe("again", qos=2)
        client.auto_ack = False
        self.nodes[2].client("publisher").publish_all("again", ["a", "b"])
        self.assertEqual([client.receive().payload for _ in range(2)], [b"a", b"b"])
        client.drop()
        client = self.connect(1)
        again = [client.receive(), client.receive()]
        self.assertEqual([(m.payload, m.dup) for m in again], [(b"a", True), (b"b", True)])

    def test_who_leaves_at_once_is_known_everywhere(self):
        steps = ((True, False), (False, True), (False, True), (True, False), (False, True))
        for number in range(60):
            before = None
            for step, (clean, present) in enumerate(steps):
                place = (number + step * (1 + number % 2)) % 3
                session = {"version": 5, "properties": {"session_expiry": 100}}
                client = self.connect(place, f"hasty-{number % 20}", clean, **session)
                self.assertEqual(client.session_present, present, f"round {number}, step {step}")
                if before:
                    self.assertEqual(before.wait_closed(), TAKEN_OVER)
                before = None
                if number % 3 == 0:
                    client.disconnect()
                elif number % 3 == 1:
                    client.drop()
                else:
                    before = client
            if before:
                before.disconnect()

    def test_nothing_is_lost_or_doubled_while_a_client_wanders_under_load(self):
        client = self.connect(0)
        client.subscribe("load", qos=2)
        count, sent = 600, []

        def publish():
            publishers = [node.client(f"publisher-{i}") for i, node in enumerate(self.nodes)]
            for number in range(count):
                publishers[number % 3].publish("load", f"{number % 3}/{number}", qos=2)
                sent.append(number)

        thread = threading.Thread(target=publish)
        thread.start()
        got, place = [], 0
        while thread.is_alive():
            got += [message.payload.decode() for message in client.drain(0.15)]
            place += 1
            released = client._released  # a client keeps these with its session
            client.drop() if place % 2 else client.disconnect()
            client = self.connect(place % 3)
            self.assertTrue(client.session_present)
            client._released = released
        while len(got) < count:
            got.append(client.receive().payload.decode())
        got += [message.payload.decode() for message in client.drain(0.5)]
        thread.join()
        self.assertEqual(len(sent), count)
        self.assertEqual(sorted(got), sorted(f"{number % 3}/{number}" for number in range(count)))
        for publisher in "012":
            mine = [int(text.split("/")[1]) for text in got if text.startswith(publisher + "/")]
            self.assertEqual(mine, sorted(mine), f"order of publisher {publisher}")

    def test_order_is_kept_by_a_session_that_hurries(self):
        over, sent, got = threading.Event(), 0, []
        session = {"version": 5, "properties": {"session_expiry": 100}}

        def publish():
            nonlocal sent
            publisher = self.connect(2, "hurry-publisher")
            while not over.is_set():
                if sent - len(got) > 500:  # its queue has room for 1,000
                    time.sleep(0.005)
                    continue
                sent += 1
                publisher.publish("hurry", str(sent), qos=1)

        client = self.connect(0, "hurried", False, **session)
        client.subscribe("hurry", qos=1)
        thread = threading.Thread(target=publish)
        thread.start()
        for step in (1, 2, 0, 1, 0, 1, 2, 1, 0, 2) * 6:
            got += [int(message.payload) for message in client.drain(0.02)]
            client.disconnect() if step else client.drop()
            client = self.connect(step, "hurried", False, **session)
        over.set()
        thread.join()
        while len(set(got)) < sent:
            got.append(int(client.receive().payload))
        # Again is only what was not acknowledged when the connection ended.
        self.assertEqual(list(dict.fromkeys(got)), list(range(1, sent + 1)))

    def test_racing_connects_leave_exactly_one(self):
        for _ in range(5):
            clients = []
            threads = [
                threading.Thread(target=lambda n=number: clients.append(self.try_connect(n % 3))) for number in range(9)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            eventually_equal(lambda: self.holders("racer"), 1, "sessions of the racer")

    def try_connect(self, number):
        try:
            return self.connect(number, client_id="racer")
        except (mqtt_client.MqttError, OSError):
            return None  # a newer one came

    def holders(self, client_id):
        return sum(
            1 for node in self.nodes for line in node.ctl("clients", "list").lines if f"Client({client_id}," in line
        )

    def test_kick_works_from_any_node(self):
        client = self.connect(0, version=5, properties={"session_expiry": 100})
        self.nodes[2].ctl("clients", "kick", "wanderer")
        self.assertEqual(client.wait_closed(), 0x98)
        eventually_equal(lambda: self.holders("wanderer"), 0, "sessions of the kicked client")

    def test_a_session_on_a_dead_node_does_not_hold_up_its_client(self):
        client = self.connect(0)
        client.subscribe("t", qos=1)
        self.nodes[0].kill()
        begun = time.monotonic()
        client = self.connect(1)
        self.assertFalse(client.session_present)
        self.assertLess(time.monotonic() - begun, 6)


if __name__ == "__main__":
    main()
