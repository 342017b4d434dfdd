"""QoS, sessions, retained messages and wills, with several workers per node and across two nodes."""

import mqtt_client
from harness import SceneTest, eventually, eventually_equal, main
from mqtt_client import Message

SETTINGS = {"node.workers": 3}
TAKEN_OVER = 0x8E


class QosSessions(SceneTest):
    def setUp(self):
        super().setUp()
        self.node1, self.node2 = self.scene.cluster(2, settings=SETTINGS)

    def two(self, client):
        return [client.receive(), client.receive()]

    def test_every_pair_of_qos(self):
        for version in (4, 5):
            publisher = self.node1.client(f"publisher-{version}", version)
            for granted in (0, 1, 2):
                reader = self.node2.client(f"reader-{version}-{granted}", version)
                self.assertEqual(reader.subscribe(f"pair/{version}/{granted}", qos=granted), [granted])
                for sent in (0, 1, 2):
                    publisher.publish(f"pair/{version}/{granted}", f"{sent}", qos=sent)
                    message = reader.receive()
                    self.assertEqual((message.payload, message.qos), (str(sent).encode(), min(sent, granted)))
                self.assertEqual(reader.drain(0.1), [])

    def test_offline_queue_of_a_persistent_session(self):
        reader = self.node1.client("sleeper", clean=False)
        self.assertFalse(reader.session_present)
        reader.subscribe("queue/#", qos=2)
        reader.disconnect()
        publisher = self.node2.client("publisher")
        expected = []
        for number in range(60):
            qos = 1 + number % 2
            publisher.publish(f"queue/{number % 7}", str(number), qos=qos)
            expected.append((str(number).encode(), qos))
        reader = self.node1.client("sleeper", clean=False)
        self.assertTrue(reader.session_present)
        self.assertEqual([(m.payload, m.qos) for m in (reader.receive() for _ in expected)], expected)
        self.assertEqual(reader.drain(0.2), [])
        reader.disconnect()
        reader = self.node1.client("sleeper", clean=True)
        self.assertFalse(reader.session_present)
        for node in (self.node1, self.node2):
            eventually_equal(node.routes, [], f"routes of {node.name}")

    def test_unacknowledged_messages_come_again(self):
        reader = self.node1.client("forgetful", clean=False)
        reader.subscribe("again", qos=1)
        reader.auto_ack = False
        publisher = self.node2.client("publisher")
        publisher.publish_all("again", ["a", "b"])
        self.assertEqual([(m.payload, m.dup) for m in self.two(reader)], [(b"a", False), (b"b", False)])
        reader.drop()
        reader = self.node1.client("forgetful", clean=False)
        self.assertEqual([(m.payload, m.dup) for m in self.two(reader)], [(b"a", True), (b"b", True)])
        self.assertEqual(reader.drain(0.2), [])

    def test_qos2_publish_repeated_after_a_lost_connection_is_delivered_once(self):
        reader = self.node2.client("reader")
        reader.subscribe("exactly", qos=2)
        publisher = self.node1.client("repeater", clean=False)
        packet_id = publisher.start_publish("exactly", "once", qos=2)
        publisher.wait_for(mqtt_client.PUBREC, packet_id)
        publisher.drop()
        publisher = self.node1.client("repeater", clean=False)
        self.assertTrue(publisher.session_present)
        self.assertEqual(publisher.start_publish("exactly", "once", qos=2), packet_id)
        publisher.finish_publish(packet_id, 2)
        self.assertEqual(reader.receive().payload, b"once")
        self.assertEqual(reader.drain(0.5), [])

    def test_takeover_whatever_worker_accepts(self):
        """24 client ids on 3 workers: every home worker meets connections that another worker accepted."""
        publisher = self.node2.client("publisher")
        for number in range(24):
            client_id, version = f"wanderer-{number}", 4 + number % 2
            options = {"clean": False}
            if version == 5:
                options["properties"] = {"session_expiry": 60}
            first = self.node1.client(client_id, version, **options)
            first.subscribe(f"takeover/{number}", qos=1)
            second = self.node1.client(client_id, version, **options)
            self.assertTrue(second.session_present, client_id)
            self.assertEqual(first.wait_closed(), TAKEN_OVER if version == 5 else None, client_id)
            publisher.publish(f"takeover/{number}", client_id, qos=1)
            self.assertEqual(second.receive().payload, client_id.encode())
        self.assertEqual(len(self.node1.ctl("clients", "list").lines), 24)
        self.assertEqual(self.node1.metric("session.takeovered"), 24)

    def test_clients_of_different_workers_hear_each_other_in_order(self):
        readers = [self.node1.client(f"reader-{number}") for number in range(9)]
        for reader in readers:
            reader.subscribe("all/+", qos=1)
        payloads = [str(number) for number in range(200)]
        self.node1.client("publisher").publish_all("all/of", payloads)
        for reader in readers:
            self.assertEqual(reader.receive_payloads(len(payloads)), payloads, reader.client_id)
            self.assertEqual(reader.drain(0.05), [])

    def test_retained(self):
        publisher = self.node1.client("publisher")
        early = self.node2.client("early")
        early.subscribe("kept/#", qos=1)
        publisher.publish("kept/a", "first", qos=1, retain=True)
        publisher.publish("kept/a", "second", qos=1, retain=True)
        self.assertEqual([m.retain for m in self.two(early)], [False, False])
        for node in (self.node1, self.node2):
            # Replicated like everything else; nobody waits for it, so poll.
            eventually(lambda node=node: "kept/a\n" in node.ctl("retainer", "topics").out, "the retained message")
            late = node.client("late")
            late.subscribe("kept/+", qos=1)
            message = late.receive()
            self.assertEqual((message.topic, message.payload, message.retain), ("kept/a", b"second", True))
            self.assertEqual(late.drain(0.2), [])
        third = self.scene.node().start()
        third.ctl("cluster", "join", self.node1.name)
        newcomer = third.client("newcomer")

        def retained_there():
            newcomer.subscribe("kept/a")
            return newcomer.drain(0.2)

        self.assertEqual(eventually(retained_there, "the joined node has the message")[0].payload, b"second")
        self.node2.client("eraser").publish("kept/a", "", qos=1, retain=True)
        eventually(lambda: not retained_there(), "the message is gone everywhere")

    def test_wills(self):
        witness = self.node2.client("witness", version=5)
        witness.subscribe("will/#", qos=2)
        will = Message("will/4", b"gone", 1, False, False)
        dying = self.node1.client("dying", will=will)
        dying.drop()
        message = witness.receive()
        self.assertEqual((message.topic, message.payload, message.qos), ("will/4", b"gone", 1))
        polite = self.node1.client("polite", will=will)
        polite.disconnect()
        self.assertEqual(witness.drain(0.5), [])
        silent = self.node1.client("silent", will=Message("will/silent", b"slept", 0, False, False), keepalive=1)
        self.assertEqual(witness.receive(10).payload, b"slept")
        silent.wait_closed()
        delayed = Message("will/5", b"later", 2, True, False, {"will_delay": 1, "user": [("a", "b")]})
        self.node1.client("late", version=5, will=delayed, properties={"session_expiry": 30}).drop()
        self.assertEqual(witness.drain(0.5), [])
        message = witness.receive()
        self.assertEqual((message.payload, message.qos, message.properties["user"]), (b"later", 2, [("a", "b")]))
        self.node1.client("late", version=5, will=delayed, properties={"session_expiry": 30}).drop()
        self.node1.client("late", version=5, clean=False)
        self.assertEqual(witness.drain(1.5), [])

    def test_mqtt_5_across_nodes(self):
        reader = self.node2.client("reader", 5, properties={"receive_maximum": 2})
        reader.subscribe("five/#", qos=1, properties={"subscription_identifier": 77})
        publisher = self.node1.client("publisher", 5, properties={"topic_alias_maximum": 5})
        properties = {"user": [("b", "1"), ("a", "2")], "content_type": "text/x", "message_expiry": 100}
        publisher.publish("five/a", "x", qos=1, properties=properties)
        message = reader.receive()
        self.assertEqual(message.properties["user"], [("b", "1"), ("a", "2")])
        self.assertEqual(message.properties["content_type"], "text/x")
        self.assertEqual(message.properties["subscription_identifier"], [77])
        self.assertIn(message.properties["message_expiry"], range(95, 101))
        if publisher.connack_properties.get("topic_alias_maximum"):
            publisher.publish("five/b", "by name", qos=1, properties={"topic_alias": 1})
            publisher.publish("", "by alias", qos=1, properties={"topic_alias": 1})
            found = [(m.topic, m.payload) for m in self.two(reader)]
            self.assertEqual(found, [("five/b", b"by name"), ("five/b", b"by alias")])
        reader.auto_ack = False
        publisher.publish_all("five/c", ["1", "2", "3"])
        self.assertEqual([m.payload for m in reader.drain(0.5)], [b"1", b"2"])

    def test_no_local_and_dollar_topics(self):
        client = self.node1.client("selfish", version=5)
        client.subscribe("self/#", "+/#", options=0x04)
        other = self.node2.client("other", version=5)
        other.subscribe("+/#")
        client.publish("self/a", "mine", qos=1)
        self.assertEqual(other.receive().payload, b"mine")
        other.publish("$private/a", "hidden", qos=1)
        self.assertEqual(client.drain(0.5), [])
        self.assertEqual(other.drain(0.1), [])


if __name__ == "__main__":
    main()
