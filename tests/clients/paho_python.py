"""paho-mqtt: subscribes, publishes at every QoS, wants every message once.

usage: paho_python.py tcp|websockets HOST PORT 3|4|5 TOPIC [CA_FILE]
"""

import queue
import sys

import paho.mqtt.client as mqtt

COUNT = 60


def main():
    transport, host, port, version, topic = sys.argv[1:6]
    client = mqtt.Client(f"paho-python-{version}", protocol=int(version), transport=transport)
    connected, subscribed, received = queue.Queue(), queue.Queue(), queue.Queue()
    client.on_connect = lambda *arguments: connected.put(arguments[3])
    client.on_subscribe = lambda *arguments: subscribed.put(arguments[3])
    client.on_message = lambda _client, _data, message: received.put((message.qos, message.payload.decode()))
    if transport == "websockets":
        client.ws_set_options(path="/mqtt")
    if len(sys.argv) > 6:
        client.tls_set(sys.argv[6])
    client.connect(host, int(port))
    client.loop_start()
    assert int(getattr(connected.get(timeout=10), "value", 0)) == 0, "refused"
    client.subscribe(topic, 2)
    subscribed.get(timeout=10)
    expected = []
    for number in range(COUNT):
        info = client.publish(topic, str(number), number % 3)
        info.wait_for_publish(10)
        assert info.is_published(), f"{number} was not acknowledged"
        expected.append((number % 3, str(number)))
    assert sorted(received.get(timeout=10) for _ in expected) == sorted(expected), "other messages came"
    assert received.empty(), "something came twice"
    client.disconnect()
    client.loop_stop()
    print("ok", COUNT)


main()
