#include "front/upgrade.hpp"

#include <gtest/gtest.h>

#include "front/deflate_offer.hpp"

namespace meshmq::front {
namespace {

struct Request {
  std::string line = "GET /mqtt HTTP/1.1";
  std::string host = "Host: localhost:8083\r\n";
  std::string upgrade = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n";
  std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  std::string version = "Sec-WebSocket-Version: 13\r\n";
  std::string protocol = "Sec-WebSocket-Protocol: mqtt\r\n";
  std::string more = {};

  std::string text() const {
    return line + "\r\n" + host + upgrade + key + version + protocol + more + "\r\n";
  }
};

UpgradeAnswer answer(const Request& request, const UpgradeOptions& options = {}) {
  return answer_upgrade(request.text(), options);
}

TEST(Upgrade, IsAnsweredAsTheSpecificationsExample) {
  const UpgradeAnswer result = answer({});
  EXPECT_TRUE(result.accepted);
  EXPECT_EQ(result.response,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n");
  EXPECT_EQ(result.peername, "");
  EXPECT_FALSE(result.deflate);
}

TEST(Upgrade, TakesWhatAnHonestClientMayWrite) {
  EXPECT_TRUE(answer({.line = "GET /mqtt?token=1 HTTP/1.1"}).accepted);
  EXPECT_TRUE(answer({.line = "GET /mqtt/ HTTP/1.1"}).accepted);
  EXPECT_TRUE(answer({.line = "GET ws://localhost/mqtt HTTP/1.1"}).accepted);
  EXPECT_TRUE(answer({.upgrade = "upgrade: WebSocket\r\nconnection: upgrade\r\n"}).accepted);
  EXPECT_TRUE(answer({.more = "Content-Length: 0\r\n"}).accepted);
  EXPECT_TRUE(answer({.line = "GET /a/b HTTP/1.1"}, {.mqtt_path = "/a/b"}).accepted);
}

TEST(Upgrade, SaysWhatIsWrong) {
  const auto why = [](const Request& request, const UpgradeOptions& options = {}) {
    const UpgradeAnswer result = answer(request, options);
    EXPECT_FALSE(result.accepted);
    EXPECT_NE(result.response.find("\r\nConnection: close\r\n"), std::string::npos);
    return result.error;
  };
  EXPECT_EQ(why({.line = "POST /mqtt HTTP/1.1"}), "WebSocket: 405: only GET");
  EXPECT_EQ(why({.line = "GET /mqtt HTTP/1.0"}), "WebSocket: 400: HTTP/1.1 is needed");
  EXPECT_EQ(why({.line = "GET / HTTP/1.1"}), "WebSocket: 404: no MQTT at this path");
  EXPECT_EQ(why({.line = "GET /mqttx HTTP/1.1"}), "WebSocket: 404: no MQTT at this path");
  EXPECT_EQ(why({.upgrade = ""}), "WebSocket: 426: this is a WebSocket for MQTT");
  EXPECT_EQ(why({.upgrade = "Upgrade: h2c\r\nConnection: upgrade\r\n"}),
            "WebSocket: 426: this is a WebSocket for MQTT");
  EXPECT_EQ(why({.host = ""}), "WebSocket: 400: exactly one header Host is needed");
  EXPECT_EQ(why({.version = ""}), "WebSocket: 426: WebSocket version 13 is needed");
  EXPECT_EQ(why({.version = "Sec-WebSocket-Version: 8\r\n"}),
            "WebSocket: 426: WebSocket version 13 is needed");
  EXPECT_EQ(why({.key = ""}), "WebSocket: 400: Sec-WebSocket-Key must be 16 bytes in base64");
  EXPECT_EQ(why({.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"}),
            "WebSocket: 400: Sec-WebSocket-Key must be 16 bytes in base64");
  EXPECT_EQ(why({.key = "Sec-WebSocket-Key: !GhlIHNhbXBsZSBub25jZQ==\r\n"}),
            "WebSocket: 400: Sec-WebSocket-Key must be 16 bytes in base64");
  EXPECT_EQ(why({.more = "Content-Length: 5\r\n"}), "WebSocket: 400: the request must have no body");
  EXPECT_EQ(why({.more = "Transfer-Encoding: chunked\r\n"}), "WebSocket: 400: the request must have no body");
  EXPECT_EQ(why({.line = "GET\t/mqtt HTTP/1.1"}), "WebSocket: 400: this is no HTTP request");
  EXPECT_EQ(why({.more = "bad header\r\n"}), "WebSocket: 400: this is no HTTP request");
  const UpgradeAnswer old = answer({.version = "Sec-WebSocket-Version: 8\r\n"});
  EXPECT_NE(old.response.find("\r\nSec-WebSocket-Version: 13\r\n"), std::string::npos);
}

TEST(Upgrade, ChoosesASubprotocol) {
  const auto chosen = [](const std::string& header, const UpgradeOptions& options = {}) {
    const UpgradeAnswer result = answer({.protocol = header}, options);
    const std::string name = "Sec-WebSocket-Protocol: ";
    const std::size_t at = result.response.find(name);
    if (at == std::string::npos) return std::string(result.accepted ? "accepted without" : "refused");
    return result.response.substr(at + name.size(), result.response.find('\r', at) - at - name.size());
  };
  EXPECT_EQ(chosen("Sec-WebSocket-Protocol: mqttv3.1, chat, mqtt\r\n"), "mqtt");
  EXPECT_EQ(chosen("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: mqttv3.1\r\n"), "mqttv3.1");
  EXPECT_EQ(chosen("Sec-WebSocket-Protocol: MQTT\r\n"), "refused");
  EXPECT_EQ(chosen("Sec-WebSocket-Protocol: chat\r\n"), "refused");
  EXPECT_EQ(chosen(""), "refused");
  EXPECT_EQ(chosen("", {.fail_if_no_subprotocol = false}), "accepted without");
  EXPECT_EQ(chosen("Sec-WebSocket-Protocol: mqtt\r\n", {.supported_subprotocols = {"mqtt-v5"}}), "refused");
}

TEST(Upgrade, ChecksOriginsOnlyWhereItIsTold) {
  const std::string evil = "Origin: https://evil.example\r\n";
  const std::string good = "Origin: HTTPS://good.example\r\n";
  EXPECT_TRUE(answer({.more = evil}).accepted);
  UpgradeOptions options{.check_origin_enable = true, .check_origins = {"https://good.example"}};
  EXPECT_TRUE(answer({.more = good}, options).accepted);
  EXPECT_EQ(answer({.more = evil}, options).error, "WebSocket: 403: pages of this origin may not connect");
  EXPECT_TRUE(answer({}, options).accepted);
  options.allow_origin_absence = false;
  EXPECT_EQ(answer({}, options).error, "WebSocket: 403: the header Origin is missing");
}

TEST(Upgrade, BelievesAProxyOnlyWhereItIsTold) {
  const std::string headers = "X-Forwarded-For: 10.9.8.7, 192.168.0.1\r\nX-Forwarded-Port: 4321\r\n";
  EXPECT_EQ(answer({.more = headers}).peername, "");
  UpgradeOptions options{.proxy_address_header = "X-Forwarded-For"};
  EXPECT_EQ(answer({.more = headers}, options).peername, "10.9.8.7:0");
  options.proxy_port_header = "X-Forwarded-Port";
  EXPECT_EQ(answer({.more = headers}, options).peername, "10.9.8.7:4321");
  EXPECT_EQ(answer({.more = "X-Forwarded-For: 2001:db8::1\r\n"}, options).peername, "[2001:db8::1]:0");
  EXPECT_EQ(answer({.more = "X-Forwarded-For: unknown\r\n"}, options).peername, "");
  EXPECT_EQ(answer({}, options).peername, "");
}

TEST(Upgrade, IsFoundWhereItEnds) {
  const std::string text = Request{}.text();
  EXPECT_EQ(find_upgrade_end(text + "\x82\x80", 0), text.size());
  EXPECT_EQ(find_upgrade_end(text, text.size() - 1), text.size());
  EXPECT_FALSE(find_upgrade_end(text.substr(0, text.size() - 1), 0));
  EXPECT_TRUE(may_be_upgrade(text));
  EXPECT_TRUE(may_be_upgrade("G"));
  EXPECT_FALSE(may_be_upgrade(std::string_view("\x10\x0c\x00\x04MQTT", 8)));
  EXPECT_FALSE(may_be_upgrade("\x16\x03\x01"));
}

// ---------------------------------------------------------------- compression

std::string agreed(const std::string& header, const DeflateParams& wish = {}) {
  UpgradeOptions options;
  options.compress = wish;
  const UpgradeAnswer result = answer({.more = "Sec-WebSocket-Extensions: " + header + "\r\n"}, options);
  EXPECT_TRUE(result.accepted);
  const std::string name = "Sec-WebSocket-Extensions: ";
  const std::size_t at = result.response.find(name);
  EXPECT_EQ(at != std::string::npos, result.deflate.has_value());
  if (at == std::string::npos) return "none";
  return result.response.substr(at + name.size(), result.response.find('\r', at) - at - name.size());
}

TEST(DeflateOffer, IsAcceptedAsFarAsBothSidesGo) {
  EXPECT_EQ(agreed("permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(agreed("permessage-deflate; client_max_window_bits"), "permessage-deflate");
  EXPECT_EQ(agreed("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=10; client_max_window_bits=\"11\""),
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=11");
  const DeflateParams small{.server_takeover = false, .server_window_bits = 12, .client_window_bits = 12};
  EXPECT_EQ(
      agreed("permessage-deflate; client_max_window_bits", small),
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12");
  EXPECT_EQ(agreed("permessage-deflate", small),
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=12");
}

TEST(DeflateOffer, ThatCannotBeMetIsPassedOver) {
  EXPECT_EQ(agreed("x-webkit-deflate-frame"), "none");
  EXPECT_EQ(agreed("permessage-deflate; unknown"), "none");
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=8"), "none");
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=16"), "none");
  EXPECT_EQ(agreed("permessage-deflate; client_max_window_bits=09"), "none");
  EXPECT_EQ(agreed("permessage-deflate; server_no_context_takeover=1"), "none");
  EXPECT_EQ(agreed("permessage-deflate; client_max_window_bits; client_max_window_bits=10"), "none");
  EXPECT_EQ(agreed("permessage-deflate; server_max_window_bits=8, permessage-deflate"), "permessage-deflate");
  EXPECT_EQ(agreed("a;b=1;c, ,x ; y = \"z\" ,permessage-deflate;server_no_context_takeover"),
            "permessage-deflate; server_no_context_takeover");
  for (const char* malformed : {"=,permessage-deflate", "permessage-deflate;", "permessage-deflate; a=",
                                "permessage-deflate; server_max_window_bits=\"10", "permessage-deflate x"}) {
    EXPECT_EQ(agreed(malformed), "none") << malformed;
  }
}

TEST(DeflateOffer, MeansNothingWhereCompressionIsOff) {
  const UpgradeAnswer result = answer({.more = "Sec-WebSocket-Extensions: permessage-deflate\r\n"});
  EXPECT_TRUE(result.accepted);
  EXPECT_FALSE(result.deflate);
  EXPECT_EQ(result.response.find("Extensions"), std::string::npos);
}

}  // namespace
}  // namespace meshmq::front
