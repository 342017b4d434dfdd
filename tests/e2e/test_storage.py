"""What is on disk: nodes that end, crash and start again keep what they promised."""

import json
import pathlib
import shutil
import subprocess
import threading

from harness import SceneTest, eventually_equal, main, wait_running
from mqtt_client import PUBCOMP, PUBREC, PUBREL, Message


def resume(node, client_id, **options):
    """A client that comes back to its session."""
    return node.client(client_id, clean=False, **options)


class OneNode(SceneTest):
    def retained(self, node, topic_filter="+/#"):
        reader = node.client("reader of retained")
        reader.subscribe(topic_filter, qos=1)
        reader.ping()
        found = {message.topic: message.payload.decode() for message in reader.drain(0.3)}
        reader.disconnect()
        return found

    def test_retained_messages_survive_a_crash(self):
        node = self.scene.node().start()
        publisher = node.client("publisher", version=5)
        for number in range(50):
            publisher.publish(f"t/{number}", f"{number}", qos=1, retain=True)
        publisher.publish("t/0", "newer", qos=2, retain=True)
        publisher.publish("t/1", "", qos=1, retain=True)
        publisher.publish("t/2", "short", qos=1, retain=True, properties={"message_expiry": 1})
        node.kill()
        node.start()
        expected = {f"t/{number}": f"{number}" for number in range(3, 50)} | {"t/0": "newer"}
        eventually_equal(lambda: self.retained(node), expected, "retained messages")

        # A crash in the middle of it: whatever was acknowledged is there.
        publisher = node.client("publisher")
        acknowledged = 0
        pending = [publisher.start_publish(f"flood/{n}", f"{n}", qos=1, retain=True) for n in range(500)]
        for packet_id in pending[:200]:
            publisher.finish_publish(packet_id, 1)
            acknowledged += 1
        node.kill()
        node.start()
        found = self.retained(node, "flood/#")
        for number in range(acknowledged):
            self.assertEqual(found.get(f"flood/{number}"), f"{number}")

        # In memory only, as 4.3 ships it.
        node.kill()
        node.settings["retainer.storage_type"] = "ram"
        node.start()
        self.assertEqual(self.retained(node), {})

    def test_a_clean_restart_keeps_sessions(self):
        node = self.scene.node().start()
        reader = node.client("reader", version=5, clean=False, properties={"session_expiry": 600})
        reader.subscribe("t/#", qos=2)
        reader.auto_ack = False
        short = node.client("short", version=5, clean=False, properties={"session_expiry": 1})
        short.subscribe("t/#", qos=1)
        old = node.client("old", version=4, clean=False)
        old.subscribe("t/#", qos=1)
        old.disconnect()
        will = Message("will", "of mourner", 1, False, False, {"will_delay": 3})
        mourner = node.client("mourner", version=5, clean=False, will=will, properties={"session_expiry": 600})
        mourner.drop()
        publisher = node.client("publisher", version=5, clean=False, properties={"session_expiry": 600})
        publisher.publish("t/a", "one", qos=1)
        publisher.publish("t/a", "two", qos=2)
        half = publisher.start_publish("t/a", "three", qos=2)
        publisher.wait_for(PUBREC, half)
        self.assertEqual(reader.receive_payloads(3), ["one", "two", "three"])
        node.stop()
        self.assertEqual(reader.wait_closed(), 0x8B)
        node.start()

        late = node.client("watcher")
        late.subscribe("will", qos=1)
        publisher = resume(node, "publisher", version=5, properties={"session_expiry": 600})
        self.assertTrue(publisher.session_present)
        publisher.send_packet(PUBREL, 2, half.to_bytes(2, "big"))
        publisher.wait_for(PUBCOMP, half)
        publisher.publish("t/a", "four", qos=1)
        reader = resume(node, "reader", version=5, properties={"session_expiry": 600})
        self.assertTrue(reader.session_present)
        got = [reader.receive() for _ in range(4)]
        self.assertEqual([m.payload.decode() for m in got], ["one", "two", "three", "four"])
        self.assertEqual([m.dup for m in got], [True, True, True, False])
        old = resume(node, "old")
        self.assertTrue(old.session_present)
        self.assertEqual(old.receive_payloads(4), ["one", "two", "three", "four"])
        self.assertEqual(late.receive().payload, b"of mourner")
        self.assertEqual(reader.drain(0.2), [])
        clients = {line.split(",")[0] for line in node.ctl("clients", "list").lines}
        self.assertNotIn("Client(short", clients)
        # What was written down is gone once the client was back: a crash does not bring the old one again.
        node.kill()
        node.start()
        self.assertFalse(resume(node, "reader", version=5).session_present)

    def test_a_store_that_cannot_be_used_is_refused_and_a_damaged_one_set_aside(self):
        node = self.scene.node(host=self.scene.host(alone=True), name="one@127.0.0.1").start()
        node.client("publisher").publish("t", "kept", qos=1, retain=True)
        node.stop()

        def refuses(pattern):
            node.launch()
            node.wait_log(pattern)
            self.assertEqual(node.process.wait(30), 1)

        node.name = "other@127.0.0.1"
        refuses("is that of node one@127.0.0.1, not of other@127.0.0.1")
        node.name = "one@127.0.0.1"
        data = pathlib.Path(node.directory / "data")
        (data / "store").rename(data / "away")
        (data / "store").write_text("a file")
        refuses("the store .* cannot be used")
        (data / "store").unlink()
        (data / "away").rename(data / "store")
        node.start()
        self.assertEqual(self.retained(node), {"t": "kept"})
        node.stop()
        (data / "store" / "CURRENT").unlink()
        node.start()
        node.wait_log("is damaged: .* It is kept as .*store.damaged-")
        self.assertEqual(len(list(data.glob("store.damaged-*/IDENTITY"))), 1)
        self.assertEqual(self.retained(node), {})
        node.client("publisher").publish("t", "again", qos=1, retain=True)
        node.kill()
        node.start()
        self.assertEqual(self.retained(node), {"t": "again"})
        node.stop()
        shutil.rmtree(data)
        data.write_text("no directory")
        refuses("cannot make the data directory")


class FullDisk(SceneTest):
    def test_a_full_disk_stops_nobody_and_costs_nothing_once_there_is_room(self):
        node = self.scene.node()
        data = node.directory / "data"
        data.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", data], check=False).returncode != 0:
            self.skipTest("no right to mount")
        try:
            self.fill_up(node, data)
        finally:
            if node.running:
                node.stop()
            subprocess.run(["umount", "-l", data], check=True)

    def fill_up(self, node, data):
        node.start()
        publisher = node.client("publisher")
        publisher.publish("t/before", "1", qos=1, retain=True)
        filler = data / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass
        # More than the log has claimed for itself already.
        pending = [publisher.start_publish(f"t/{n}", "x" * 100_000, qos=1, retain=True) for n in range(150)]
        node.wait_log("Changes are not durable: .*No space")
        reader = node.client("reader")
        reader.subscribe("q", qos=1)
        other = node.client("other")
        other.publish("q", "goes on", qos=1)
        self.assertEqual(reader.receive().payload, b"goes on")
        filler.unlink()
        node.wait_log("The disk takes changes again")
        for packet_id in pending:
            publisher.finish_publish(packet_id, 1)
        other.publish("t/after", "1", qos=1, retain=True)
        node.kill()
        node.start()
        late = node.client("late")
        late.subscribe("t/#", qos=1)
        self.assertEqual(len({late.receive().topic for _ in range(152)}), 152)


class TwoNodes(SceneTest):
    def test_rows_on_disk_and_rows_of_the_cluster_become_one(self):
        nodes = node1, node2 = self.scene.cluster(2)
        publisher = node1.client("publisher")
        for topic in ("old", "changed", "deleted"):
            publisher.publish(topic, "1", qos=1, retain=True)
        def rows(node):
            late = node.client("late")
            late.subscribe("+/#", qos=1)
            late.ping()
            found = {m.topic: m.payload.decode() for m in late.drain(0.2)}
            late.disconnect()
            return found

        eventually_equal(lambda: sorted(rows(node2)), ["changed", "deleted", "old"], "rows on node2")
        node2.kill()
        publisher.publish("changed", "2", qos=1, retain=True)
        publisher.publish("deleted", "", qos=1, retain=True)
        node1.kill()
        node2.start()  # alone, with what it had
        reader = node2.client("reader")
        reader.subscribe("+/#", qos=1)
        self.assertEqual({m.topic: m.payload for m in [reader.receive() for _ in range(3)]}["changed"], b"1")
        node2.client("publisher2").publish("new", "3", qos=1, retain=True)
        reader.disconnect()
        node1.start()
        wait_running(nodes)

        for node in nodes:
            eventually_equal(lambda: rows(node), {"old": "1", "changed": "2", "new": "3"}, f"rows of {node.name}")

    def test_what_is_kept_for_a_node_that_is_away_reaches_the_sessions_that_it_still_has(self):
        # Nothing is handed over: the session waits on disk, and its messages wait on the other node.
        node1, node2 = nodes = self.scene.cluster(2, settings={"cluster.handover_wait": "1ms"})
        reader = node2.client("reader", clean=False)
        reader.subscribe("kept", qos=1)
        reader.disconnect()
        node2.stop()
        eventually_equal(node1.status, ([node1.name], [node2.name]), "status")
        publisher = node1.client("publisher")
        expected = [f"{number}" for number in range(50)]
        publisher.publish_all("kept", expected)
        node2.start()
        wait_running(nodes)
        reader = resume(node2, "reader")
        self.assertTrue(reader.session_present)
        self.assertEqual(reader.receive_payloads(50), expected)

        # A crash costs a session that was nowhere else: what was kept for it is counted where it ends.
        node2.client("lost", clean=False).subscribe("lost", qos=1)
        node2.kill()
        eventually_equal(node1.status, ([node1.name], [node2.name]), "status")
        publisher.publish_all("lost", expected)
        node2.start()

        def dropped():
            return json.loads(node2.ctl("--json", "broker", "metrics").out)["messages.dropped.no_subscribers"]

        eventually_equal(dropped, 50, "dropped messages")

    def test_a_stop_under_traffic_hands_sessions_over_and_loses_nothing(self):
        node1, node2 = nodes = self.scene.cluster(2, settings={"zone.external.max_mqueue_len": "0"})
        readers = []
        for number in range(20):
            reader = node1.client(f"reader{number}", version=5, clean=False, properties={"session_expiry": 600})
            reader.subscribe("t/#", qos=2)
            readers.append(reader)
        for reader in readers[10:]:
            reader.disconnect()  # these are away when it happens
        publisher = node2.client("publisher", version=5)
        payloads = [f"{n}" for n in range(3000)]
        failures = []
        half = threading.Event()

        def publish():
            try:
                for begin in range(0, len(payloads), 50):
                    publisher.publish_all("t/a", payloads[begin : begin + 50], qos=2)
                    if begin >= 500:
                        half.set()
            except Exception as error:  # shown by the test
                failures.append(error)
                half.set()

        thread = threading.Thread(target=publish)
        thread.start()
        half.wait(60)
        got = {reader.client_id: [] for reader in readers}
        node1.process.send_signal(15)
        # Those that are connected are sent away, and come back at the other node at once.
        for reader in readers[:10]:
            self.assertEqual(reader.wait_closed(), 0x8B)
            got[reader.client_id] += [m.payload.decode() for m in reader.messages]
            again = resume(node2, reader.client_id, version=5, properties={"session_expiry": 600})
            again._released = reader._released
            self.assertTrue(again.session_present, reader.client_id)
            readers[readers.index(reader)] = again
        self.assertEqual(node1.process.wait(60), 0, node1.log())
        thread.join(120)
        self.assertEqual(failures, [])
        self.assertIn("sessions were handed over, 0 stay here", node1.log())
        for index in range(10, 20):
            readers[index] = resume(
                node2, readers[index].client_id, version=5, properties={"session_expiry": 600}
            )
            self.assertTrue(readers[index].session_present)
        for reader in readers:
            mine = got[reader.client_id]
            while len(mine) < len(payloads):
                mine.append(reader.receive().payload.decode())
            self.assertEqual(reader.drain(0.05), [])
            # What was sent to the old connection and not acknowledged comes again, in its old order.
            self.assertEqual(sorted(mine, key=int), payloads)
        eventually_equal(node2.status, ([node2.name], [node1.name]), "status")
        node1.start()
        wait_running(nodes)
        self.assertFalse(resume(node1, "stranger", version=5).session_present)


if __name__ == "__main__":
    main()
