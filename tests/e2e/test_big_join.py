"""Three nodes with 30,000 subscriptions, then one more joins: its tables are complete and equal, no client notices."""

import random
import time

from harness import SceneTest, eventually_equal, main

FILTERS_PER_NODE = 10_000
CLIENTS_PER_NODE = 10
FILTERS_PER_PACKET = 250
SHAPES = ("device/{0}/state", "device/{0}/+/command", "site/{0}/#", "+/{0}/log", "device/{0}/+")


class BigJoin(SceneTest):
    def test_join_with_many_routes(self):
        nodes = self.scene.cluster(3)
        expected, clients = [], []
        started = time.monotonic()
        for number, node in enumerate(nodes):
            for which in range(CLIENTS_PER_NODE):
                client = node.client(f"client-{number}-{which}")
                clients.append(client)
                # Every ninth filter is wanted on all nodes, the others on this one.
                filters = [
                    SHAPES[n % len(SHAPES)].format(n if n % 9 == 0 else f"{number}-{n}")
                    for n in range(which, FILTERS_PER_NODE, CLIENTS_PER_NODE)
                ]
                for at in range(0, len(filters), FILTERS_PER_PACKET):
                    client.subscribe(*filters[at : at + FILTERS_PER_PACKET])
                expected += [f"{one} -> {node.name}" for one in filters]
        expected.sort()
        print(f"{len(expected)} subscriptions in {time.monotonic() - started:.1f} s")
        trie = sorted({line.split(" -> ")[0] for line in expected if "+" in line or "#" in line})
        for node in nodes:
            self.assertEqual(node.routes(), expected)

        joiner = self.scene.node().start()
        started = time.monotonic()
        joiner.ctl("cluster", "join", nodes[0].name)
        eventually_equal(lambda: len(joiner.routes()), len(expected), "routes of the node that joined")
        print(f"complete {time.monotonic() - started:.1f} s after `cluster join` began")
        self.assertEqual(joiner.routes(), expected)
        self.assertEqual(joiner.trie(), trie)
        self.assertEqual(nodes[2].trie(), trie)

        publisher = joiner.client("publisher")
        for n in random.Random(1).sample(range(0, FILTERS_PER_NODE, 9), 20):
            topic = SHAPES[n % len(SHAPES)].format(n).replace("+", "x").replace("#", "y/z")
            publisher.publish(topic, str(n), qos=1)
            for number in range(3):
                reader = clients[number * CLIENTS_PER_NODE + n % CLIENTS_PER_NODE]
                self.assertEqual(reader.receive().payload, str(n).encode())
        for client in clients:
            client.ping()
            self.assertEqual(client.drain(0), [], client.client_id)
        joiner.ctl("cluster", "leave")
        for node in nodes:
            self.assertEqual(node.routes(), expected)
        eventually_equal(joiner.routes, [], "routes of the node that left")


if __name__ == "__main__":
    main()
