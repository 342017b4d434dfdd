// Paho C++: an asynchronous client with callbacks and automatic reconnection; every message wanted once, in
// order. usage: paho_cpp URI 3|4|5 TOPIC [CA_FILE]

#include <mqtt/async_client.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

constexpr int count = 200;

int run(const std::string& uri, int version, const std::string& topic, const char* ca_file) {
  mqtt::async_client client(uri, "paho-cpp-" + std::to_string(version), mqtt::create_options(version, count));
  mqtt::connect_options options;
  options.set_mqtt_version(version);
  options.set_max_inflight(count);
  if (version == MQTTVERSION_5) {
    options.set_clean_start(true);
  } else {
    options.set_clean_session(true);
  }
  if (ca_file != nullptr) {
    mqtt::ssl_options tls;
    tls.set_trust_store(ca_file);
    tls.set_verify(true);
    options.set_ssl(tls);
  }
  client.start_consuming();
  client.connect(options)->wait();
  client.subscribe(topic, 2)->wait();
  for (int i = 0; i < count; ++i) client.publish(topic, std::to_string(i), i % 3, false);
  int last[3] = {-1, -1, -1};
  for (int i = 0; i < count; ++i) {
    mqtt::const_message_ptr message;
    if (!client.try_consume_message_for(&message, std::chrono::seconds(10)) || !message) {
      std::fprintf(stderr, "paho_cpp: %d messages came, not %d\n", i, count);
      return 1;
    }
    const int number = std::stoi(message->to_string());
    // The order is promised per QoS.
    if (number % 3 != message->get_qos() || number <= last[number % 3]) {
      std::fprintf(stderr, "paho_cpp: %d came at QoS %d behind %d\n", number, message->get_qos(),
                   last[number % 3]);
      return 1;
    }
    last[number % 3] = number;
  }
  client.disconnect()->wait();
  std::printf("ok %d\n", count);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  try {
    return run(argv[1], std::atoi(argv[2]), argv[3], argc > 4 ? argv[4] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "paho_cpp: %s\n", error.what());
    return 1;
  }
}
