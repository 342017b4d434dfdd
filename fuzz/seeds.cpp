// First inputs of the fuzzers, the same ones every time: fuzz_seeds DIRECTORY.

#include "seeds.hpp"

#include <array>
#include <fstream>
#include <iostream>
#include <string>

#include "mqtt/encoder.hpp"
#include "mqtt/testing/packet_generator.hpp"

namespace meshmq::fuzz {

void Seeds::add(std::string_view fuzzer, std::string_view bytes) {
  const std::filesystem::path directory = directory_ / fuzzer;
  std::filesystem::create_directories(directory);
  std::ofstream(directory / ("seed-" + std::to_string(++number_)), std::ios::binary) << bytes;
}

namespace {

using namespace std::literals;
using mqtt::Role;
using mqtt::Version;

/// The fuzzer's first byte says version and reader.
void add_packets(Seeds& seeds) {
  constexpr std::array versions = {Version::v3_1, Version::v3_1_1, Version::v5};
  mqtt::testing::PacketGenerator generator(1);
  for (std::size_t v = 0; v < versions.size(); ++v) {
    for (const Role role : {Role::server, Role::client}) {
      for (const mqtt::PacketType type : mqtt::testing::types_read_by(role, versions[v])) {
        std::string bytes(1, static_cast<char>(v | (role == Role::client ? 4U : 0U)));
        mqtt::encode_packet(generator.make(type, versions[v], role), versions[v], bytes);
        if (bytes.size() < 500) seeds.add("codec", bytes);
      }
    }
  }
}

void add_topics(Seeds& seeds) {
  seeds.add("topics", "a/b/c\n+/b/#\n#\n$SYS/#\na/+\n=a/b/c\n=$SYS/x\n-#\n=a\n=a/b");
  seeds.add("topics", "/\n+\n+/+\n=/\n=//\n/+/\n=/a/\n-+/+\n=/");
  seeds.add("topics", "$share/g/a/#\n$queue/t\n$share//a\n$share/g\na#\n+a\n\xE2\x82\xAC/+\n=\xE2\x82\xAC/x");
}

/// Random at first; the fuzzer finds the way from there.
void add_sessions(Seeds& seeds) {
  Random random(3);
  for (int i = 0; i < 12; ++i) {
    std::string bytes(1, static_cast<char>(random.next()));
    for (std::uint64_t n = 10 + random.below(100); n > 0; --n) {
      if (random.percent(30))
        bytes += static_cast<char>(16 + 32 * random.below(4));  // CONNECT of one of the first
      bytes += static_cast<char>(random.percent(50) ? 19 + random.below(12) : random.next());
      bytes += static_cast<char>(random.below(8));
    }
    seeds.add("session", bytes);
  }
}

void add_scram(Seeds& seeds) {
  const std::string first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
  const auto with = [&](std::string_view text) {
    return '\1' + std::string(1, static_cast<char>(text.size())) + std::string(text);
  };
  seeds.add(
      "scram",
      with(first) + "c=biws,r=rOprNGfwEbeRWgbNEkqOserver,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  seeds.add("scram", with("y,a=j=2C=3Doe,n=j=2C=3Doe,r=CLIENT,ext=1") + ",p=AAAA");
  seeds.add("scram", with("p=tls-unique,,n=user,r=x") + first);
  seeds.add("scram", with("public") + "sha256$c2FsdA==$8u9/mu2yw7UEC8FmkaEXd1ipKtkeHud3cCFaMyv2CZ8=");
  seeds.add("scram", with("public") + "plain$$cHVibGlj");
}

void add_front(Seeds& seeds) {
  seeds.add("proxy_header", "PROXY TCP4 10.0.0.1 10.0.0.2 1234 1883\r\n");
  seeds.add("proxy_header", "PROXY TCP6 ::1 2001:db8::1 1234 1883\r\nmore");
  seeds.add("proxy_header", "PROXY UNKNOWN\r\n");
  const std::string v2 = "\r\n\r\n\0\r\nQUIT\n"s;
  seeds.add("proxy_header", v2 + "\x20\0\0\0"s);
  seeds.add("proxy_header", v2 + "\x21\x11\0\x0C\x0A\0\0\1\x0A\0\0\2\x04\xD2\x07\x5B"s);
  seeds.add("proxy_header", v2 + "\x21\x21\0\x24"s + std::string(32, '\1') + "\x04\xD2\x07\x5B"s);
  seeds.add("proxy_header", v2 + "\x21\x11\0\x1A\x0A\0\0\1\x0A\0\0\2\x04\xD2\x07\x5B"
                                 "\x20\0\x0B\x01\0\0\0\0\x22\0\x03"
                                 "abc"s);
  seeds.add("proxy_header", "allow 10.0.0.0/8");
  const std::string request =
      "GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
      "Sec-WebSocket-Version: 13\r\nOrigin: http://localhost:18083\r\nX-Forwarded-For: 10.0.0.1\r\n"
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n\r\n";
  seeds.add("websocket", "\0\1\1"s + request);
  seeds.add("websocket", "\0\0\0"s + request);
  seeds.add("websocket",
            "\1\0\x82\x83\1\2\3\4"
            "abc\x02\x81\0\0\0\0x\x89\x80\0\0\0\0\x80\x80\0\0\0\0"s);
  seeds.add("websocket",
            "\1\1\xC2\x83\1\2\3\4"
            "abc\x88\x82\0\0\0\0\x03\xE8"s);
  seeds.add("websocket", "\1\0\x82\xFE\0\x80\1\2\3\4"s + std::string(128, 'x'));
  seeds.add("websocket", "\2\1\6\7\xCA\x48\xCD\xC9\xC9\x07\0\1"s);
  seeds.add("websocket", "\3\1\6\5hello\5hello"s);
  seeds.add("websocket", "\4\x10\3abc\xC0\0\x30\x80\1"s + std::string(130, 'x'));
}

void add_config(Seeds& seeds) {
  seeds.add("config", "node.name = meshmq@127.0.0.1\nnode.cookie = secret\nnode.workers = 2\n");
  seeds.add("config", "listener.tcp.external = 0.0.0.0:1883\nlistener.tcp.external.max_connections = 10\n");
  seeds.add("config", "# comment\nzone.external.max_inflight = 32\nmqtt.max_packet_size = 1MB\nmqtt.x = y\n");
  seeds.add("config",
            "listener.ws.a = 8083\nlistener.ws.a.mqtt_path = x\nlistener.tcp.a.access.1 = allow all\n");
  seeds.add("config",
            "zone.external.idle_timeout = 15s\nnode.net_ticktime = 1m\nlog.level = debug\nlog.to = both\n");
}

}  // namespace
}  // namespace meshmq::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds DIRECTORY\n";
    return 2;
  }
  meshmq::fuzz::Seeds seeds(argv[1]);
  meshmq::fuzz::add_packets(seeds);
  meshmq::fuzz::add_topics(seeds);
  meshmq::fuzz::add_sessions(seeds);
  meshmq::fuzz::add_front(seeds);
  meshmq::fuzz::add_scram(seeds);
  meshmq::fuzz::add_config(seeds);
  meshmq::fuzz::add_wire_seeds(seeds);
  return 0;
}
