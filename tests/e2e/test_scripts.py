#!/usr/bin/env python3
"""The packet scripts against a real cluster: each connection goes to another node, and no client can tell."""

import os
import pathlib
import re
import shlex

from harness import BIN, COOKIE, Failed, SceneTest, main

# Each time every case meets other nodes.
REPEAT = int(os.environ.get("MESHMQ_SCRIPTS_REPEAT", "1"))
SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "scripts"


class Scripts(SceneTest):
    def test_three_nodes_are_one_broker(self):
        nodes = self.scene.cluster(3, settings={"acl_file": "/dev/null"})
        ctl = [BIN / "meshmq_ctl", "--node", nodes[0].name, "--cookie", COOKIE]
        command = [
            BIN / "conformance_test",
            SCRIPTS,
            "--nodes",
            ",".join(f"{node.address}:{node.mqtt_port}" for node in nodes),
            "--ctl",
            shlex.join(map(str, ctl)),
            f"--gtest_repeat={REPEAT}",
        ]
        player = self.scene.spawn(nodes[0].host, command)
        said, _ = player.communicate(timeout=200 * REPEAT)
        if player.returncode != 0:
            raise Failed(said)
        # The others wait for long, or answer for the node.
        self.assertGreater(int(re.search(r"PASSED\s*\] (\d+) tests", said).group(1)), 200, said)


if __name__ == "__main__":
    main()
