#include "net/tls_listener.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/testing/raw_client.hpp"
#include "net/testing/test_authority.hpp"
#include "net/testing/test_node.hpp"
#include "net/testing/tls_client.hpp"
#include "net/tls_files.hpp"
#include "net/tls_peer.hpp"

namespace meshmq::net {
namespace {

using testing::CertificateFiles;
using testing::payload_of;
using testing::pingreq_packet;
using testing::publish_packet;
using testing::RawClient;
using testing::subscribe_packet;
using testing::TestAuthority;
using testing::TestNode;
using testing::TlsClient;
using testing::TlsClientOptions;

/// A node with one TLS listener, and who issues certificates for it.
class TlsListenerTest : public ::testing::Test {
 protected:
  TlsListenerTest() {
    const CertificateFiles files = ca_.issue({.cn = "server", .dns = {"mqtt.example.org"}});
    options_.setting = "listener.ssl.external";
    options_.certificate.setting = options_.setting;
    options_.certificate.certfile = files.cert;
    options_.certificate.keyfile = files.key;
    options_.cacertfile = ca_.cacert();
  }

  void mutual() { options_.verify_peer = options_.fail_if_no_peer_cert = true; }

  std::uint16_t start(testing::TestNodeOptions options = {}) {
    std::vector<std::string> warnings;
    auto opened = TlsListener::open(options_, warnings);
    if (!opened) throw std::runtime_error(opened.error().message);
    listener_ = *opened;
    options.node.broker.tick_interval = std::chrono::milliseconds(20);
    options.listener.make_stage = listener_->factory();
    node_ = std::make_unique<TestNode>(options);
    return node_->port();
  }

  /// The line that tells the operator why the listener does not start.
  std::string refusal() {
    std::vector<std::string> warnings;
    auto opened = TlsListener::open(options_, warnings);
    if (opened) return "started";
    std::string line = opened.error().message;
    const std::string directory = ca_.path("");
    for (std::size_t at = 0; (at = line.find(directory)) != std::string::npos;)
      line.erase(at, directory.size());
    return line;
  }

  std::vector<std::string> warnings() {
    std::vector<std::string> result;
    EXPECT_TRUE(TlsListener::open(options_, result));
    return result;
  }

  std::uint64_t shutdowns(const std::string& cause) {
    for (const auto& [name, count] : node_->listener().stats().shutdown_counts) {
      if (name == cause) return count;
    }
    return 0;
  }

  TestAuthority ca_{"Test CA"};
  TlsOptions options_;
  std::shared_ptr<TlsListener> listener_;
  std::unique_ptr<TestNode> node_;
};

TEST_F(TlsListenerTest, SpeaksTls12And13) {
  const std::uint16_t port = start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port, {.version = version});
    ASSERT_TRUE(client.connect("v" + std::to_string(version)));
    EXPECT_EQ(SSL_version(client.ssl()), version);
    EXPECT_EQ(client.server_cn(), "server");
    ASSERT_TRUE(client.send(pingreq_packet()));
    EXPECT_EQ(client.receive(2), std::string("\xd0\x00", 2));
  }
}

TEST_F(TlsListenerTest, OldVersionsAreRefusedUnlessNamed) {
  EXPECT_FALSE(TlsClient(start(), {.version = TLS1_1_VERSION, .ciphers = "DEFAULT@SECLEVEL=0"}).handshake());
  options_.tls_versions = "tlsv1.3, tlsv1.1";
  const std::uint16_t port = start();
  EXPECT_TRUE(TlsClient(port, {.version = TLS1_1_VERSION, .ciphers = "DEFAULT@SECLEVEL=0"}).connect("old"));
  EXPECT_FALSE(TlsClient(port, {.version = TLS1_2_VERSION}).handshake()) << "it was left out";
  options_.tls_versions = "tlsv1.2,sslv3";
  EXPECT_EQ(refusal(),
            "listener.ssl.external.tls_versions: sslv3 is none of tlsv1.3, tlsv1.2, tlsv1.1, tlsv1");
}

TEST_F(TlsListenerTest, CarriesLargeAndManyMessagesToManyWorkers) {
  testing::TestNodeOptions options;
  options.workers = 3;
  options.node.broker.packet_bytes_max = 8 * 1024 * 1024;
  options.node.broker.output_bytes_max = 16 * 1024 * 1024;
  const std::uint16_t port = start(options);
  std::string payload(3'000'000, 'x');
  for (std::size_t i = 0; i < payload.size(); i += 997) payload[i] = static_cast<char>('a' + i % 26);
  for (int i = 0; i < 6; ++i) {
    const std::string topic = "big/" + std::to_string(i);
    TlsClient client(port, {});
    ASSERT_TRUE(client.connect("client-" + std::to_string(i)));
    ASSERT_TRUE(client.send(subscribe_packet(1, topic, 0)));
    ASSERT_EQ(client.receive(5).size(), 5U);
    const std::string big = publish_packet(topic, payload);
    std::string small;
    for (int n = 0; n < 500; ++n) small += publish_packet(topic, std::to_string(n));
    std::thread writer([&] { client.send(big + small); });
    writer.join();
    EXPECT_TRUE(client.receive(big.size()) == big);
    EXPECT_TRUE(client.receive(small.size()) == small);
  }
}

TEST_F(TlsListenerTest, AClientMustHaveACertificateOfTheRightAuthorityIfSaid) {
  mutual();
  TestAuthority stranger("Somebody else");
  const CertificateFiles good = ca_.issue({.cn = "thing-1"});
  const CertificateFiles expired =
      ca_.issue({.cn = "old-thing", .valid_from_s = -7200, .valid_until_s = -3600});
  const CertificateFiles foreign = stranger.issue({.cn = "thing-1"});
  const std::uint16_t port = start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(TlsClient(port, {.version = version, .certificate = good}).connect("good"));
    EXPECT_FALSE(TlsClient(port, {.version = version, .certificate = expired}).connect("late"));
    EXPECT_FALSE(TlsClient(port, {.version = version, .certificate = foreign}).connect("foreign"));
    EXPECT_FALSE(TlsClient(port, {.version = version}).connect("none"));
  }
  EXPECT_TRUE(TestNode::eventually([&] { return shutdowns("handshake_failed") == 6; }));
}

TEST_F(TlsListenerTest, ACertificateIsOnlyAskedForUnlessItMustBeThere) {
  options_.verify_peer = true;
  TestAuthority stranger("Somebody else");
  const std::uint16_t port = start();
  EXPECT_TRUE(TlsClient(port, {}).connect("none"));
  EXPECT_FALSE(TlsClient(port, {.certificate = stranger.issue({.cn = "x"})}).connect("foreign"));
}

TEST_F(TlsListenerTest, RevokedCertificatesAreRefused) {
  mutual();
  const CertificateFiles good = ca_.issue({.cn = "good"});
  const CertificateFiles bad = ca_.issue({.cn = "bad"});
  options_.crlfile = ca_.revoke({"bad"});
  const std::uint16_t port = start();
  EXPECT_TRUE(TlsClient(port, {.certificate = good}).connect("good"));
  EXPECT_FALSE(TlsClient(port, {.certificate = bad}).connect("bad"));
  EXPECT_EQ(warnings(), std::vector<std::string>{});
}

TEST_F(TlsListenerTest, EachHostNameGetsItsCertificate) {
  const CertificateFiles other =
      ca_.issue({.cn = "other", .dns = {"other.example.org", "*.things.example.org"}});
  const CertificateFiles third = ca_.issue({.cn = "third"});
  options_.sni.push_back(
      {.setting = "listener.ssl.external.sni.1", .certfile = other.cert, .keyfile = other.key});
  options_.sni.push_back({.setting = "listener.ssl.external.sni.2",
                          .hostname = "Third.example.org",
                          .certfile = third.cert,
                          .keyfile = third.key});
  const std::uint16_t port = start();
  const auto shown = [&](const std::string& host) {
    TlsClient client(port, {.host = host});
    return client.connect("sni") ? client.server_cn() : "nothing";
  };
  EXPECT_EQ(shown("mqtt.example.org"), "server");
  EXPECT_EQ(shown(""), "server");
  EXPECT_EQ(shown("nobody.example.org"), "server");
  EXPECT_EQ(shown("other.example.org"), "other");
  EXPECT_EQ(shown("a.THINGS.example.org"), "other");
  EXPECT_EQ(shown("a.b.things.example.org"), "server");
  EXPECT_EQ(shown("third.example.org"), "third");
}

TEST_F(TlsListenerTest, AnotherHostNameDemandsTheSameOfClients) {
  mutual();
  const CertificateFiles other = ca_.issue({.cn = "other", .dns = {"other.example.org"}});
  const CertificateFiles bad = ca_.issue({.cn = "bad"});
  options_.crlfile = ca_.revoke({"bad"});
  options_.sni.push_back(
      {.setting = "listener.ssl.external.sni.1", .certfile = other.cert, .keyfile = other.key});
  const std::uint16_t port = start();
  const std::string host = "other.example.org";
  EXPECT_TRUE(TlsClient(port, {.certificate = ca_.issue({.cn = "good"}), .host = host}).connect("good"));
  EXPECT_FALSE(TlsClient(port, {.certificate = bad, .host = host}).connect("bad"));
  EXPECT_FALSE(TlsClient(port, {.host = host}).connect("none"));
}

TEST_F(TlsListenerTest, PreSharedKeysNeedNoCertificate) {
  options_.certificate.certfile.clear();
  options_.certificate.keyfile.clear();
  options_.psk_file = ca_.write("psk.txt", "# things\n thing-1:0a0b0c0d \n\nurn:thing:2:AABB\n");
  const std::uint16_t port = start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = [&](const std::string& identity, const std::string& psk) {
      return TlsClient(port, {.version = version, .ciphers = "PSK", .psk_identity = identity, .psk = psk})
          .connect("psk");
    };
    EXPECT_TRUE(client("thing-1", "\x0a\x0b\x0c\x0d"));
    EXPECT_TRUE(client("urn:thing:2", "\xaa\xbb"));
    EXPECT_FALSE(client("thing-1", "\xaa\xbb"));
    EXPECT_FALSE(client("nobody", "\xaa\xbb"));
  }
  options_.psk_keys_are_text = true;
  options_.psk_file = ca_.write("psk.txt", "client1:1234\nclient2:a:b\n");
  const std::uint16_t text_port = start();
  EXPECT_TRUE(
      TlsClient(text_port, {.ciphers = "PSK", .psk_identity = "client1", .psk = "1234"}).connect("text"));
  EXPECT_TRUE(
      TlsClient(text_port, {.ciphers = "PSK", .psk_identity = "client2", .psk = "a:b"}).connect("text"));
  options_.psk_keys_are_text = false;
  options_.psk_file = ca_.write("psk.txt", "thing-1:0a0b\nthing-2:secret\n");
  EXPECT_EQ(refusal(), "listener.ssl.external.psk_file: psk.txt: line 2: expected identity:hexkey");
}

TEST_F(TlsListenerTest, AProtocolIsAgreedUponIfTheClientWantsOne) {
  options_.alpn = "mqtt";
  const std::uint16_t port = start();
  TlsClient client(port, {.alpn = "mqtt"});
  ASSERT_TRUE(client.connect("alpn"));
  EXPECT_EQ(client.alpn(), "mqtt");
  EXPECT_TRUE(TlsClient(port, {}).connect("none"));
  EXPECT_FALSE(TlsClient(port, {.alpn = "h2"}).handshake());
}

TEST_F(TlsListenerTest, AnOcspResponseIsStapled) {
  options_.certificate.ocspfile = ca_.write("ocsp.der", "what the authority has said");
  TlsClient client(start(), {.want_ocsp = true});
  ASSERT_TRUE(client.connect("ocsp"));
  const unsigned char* response = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(client.ssl(), &response);
  ASSERT_GT(size, 0);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(response), static_cast<std::size_t>(size)),
            "what the authority has said");
}

TEST_F(TlsListenerTest, SessionsAreResumedUnlessForbidden) {
  mutual();
  const CertificateFiles mine = ca_.issue({.cn = "thing-1"});
  for (const bool reuse : {true, false}) {
    options_.reuse_sessions = reuse;
    const std::uint16_t port = start();
    TlsClient first(port, {.version = TLS1_2_VERSION, .certificate = mine});
    ASSERT_TRUE(first.connect("first"));
    TlsClient second(
        port,
        {.version = TLS1_2_VERSION, .session = SSL_get0_session(first.ssl()), .context = first.context()});
    ASSERT_TRUE(second.connect("second"));
    EXPECT_EQ(SSL_session_reused(second.ssl()), reuse ? 1 : 0);
  }
}

TEST_F(TlsListenerTest, OnlyTheCiphersThatWereNamedAreSpoken) {
  options_.ciphers = "TLS_AES_256_GCM_SHA384,ECDHE-ECDSA-AES256-GCM-SHA384,ECDHE-ECDSA-AES256-SHA1234";
  const std::uint16_t port = start();
  TlsClient client(port, {.version = TLS1_2_VERSION});
  ASSERT_TRUE(client.connect("cipher"));
  EXPECT_STREQ(SSL_get_cipher_name(client.ssl()), "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_FALSE(
      TlsClient(port, {.version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"}).handshake());
  EXPECT_EQ(warnings(),
            std::vector<std::string>{
                "listener.ssl.external.ciphers: OpenSSL does not know ECDHE-ECDSA-AES256-SHA1234: left out"});
  options_.ciphers = "TLS_AES_128_GCM_SHA256";
  EXPECT_FALSE(TlsClient(start(), {.version = TLS1_2_VERSION}).handshake());
  options_.ciphers.clear();
  options_.psk_ciphers = "PSK-AES256-GCM-SHA384";
  EXPECT_EQ(refusal(), "listener.ssl.external.psk_ciphers: needs listener.ssl.external.psk_file");
  options_.psk_ciphers.clear();
  options_.ciphers = "NONSENSE-1";
  EXPECT_EQ(refusal(), "listener.ssl.external.ciphers: OpenSSL knows none of them");
}

TEST_F(TlsListenerTest, NewFilesAreForNewConnections) {
  const std::uint16_t port = start();
  TlsClient old(port, {});
  ASSERT_TRUE(old.connect("old"));
  EXPECT_FALSE(listener_->files_changed());
  const CertificateFiles renewed = ca_.issue({.cn = "renewed server", .dns = {"mqtt.example.org"}});
  std::filesystem::rename(renewed.cert, options_.certificate.certfile);
  EXPECT_TRUE(listener_->files_changed());
  std::vector<std::string> warnings;
  EXPECT_FALSE(listener_->reload(warnings)) << "the key is still the old one";
  EXPECT_FALSE(listener_->files_changed()) << "the same failure is not reported twice";
  EXPECT_TRUE(TlsClient(port, {}).connect("meanwhile"));
  std::filesystem::rename(renewed.key, options_.certificate.keyfile);
  EXPECT_TRUE(listener_->files_changed());
  ASSERT_TRUE(listener_->reload(warnings));
  TlsClient young(port, {});
  ASSERT_TRUE(young.connect("young"));
  EXPECT_EQ(young.server_cn(), "renewed server");
  ASSERT_TRUE(old.send(pingreq_packet()));
  EXPECT_EQ(old.receive(2), std::string("\xd0\x00", 2));
}

TEST_F(TlsListenerTest, GarbageAndHalfHandshakesEndInTimeAndDisturbNobody) {
  testing::TestNodeOptions options;
  options.listener.handshake_timeout = std::chrono::milliseconds(300);
  const std::uint16_t port = start(options);
  TlsClient good(port, {});
  ASSERT_TRUE(good.connect("good"));
  RawClient plain(port);
  plain.send(testing::connect_packet("no tls"));
  RawClient http(port);
  http.send("GET / HTTP/1.1\r\n\r\n");
  RawClient silent(port);
  RawClient half(port);
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  RawClient huge(port);
  huge.send(std::string("\x16\x03\x01\x3f\xff\x01\xff\xff\xff\x03\x03", 11) + std::string(17000, 'a'));
  for (RawClient* one : {&plain, &http, &huge, &silent, &half}) EXPECT_TRUE(one->closed_by_peer());
  EXPECT_TRUE(TestNode::eventually([&] { return node_->listener().stats().connections == 1; }));
  EXPECT_EQ(shutdowns("handshake_timeout"), 2U);
  EXPECT_EQ(shutdowns("handshake_failed"), 3U);
  ASSERT_TRUE(good.send(pingreq_packet()));
  EXPECT_EQ(good.receive(2), std::string("\xd0\x00", 2));
}

TEST_F(TlsListenerTest, AForgedRecordEndsTheConnection) {
  TlsClient client(start(), {});
  ASSERT_TRUE(client.connect("forged"));
  client.socket().send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'f'));
  EXPECT_TRUE(TestNode::eventually([&] { return shutdowns("transport_error") == 1; }));
  EXPECT_TRUE(TestNode::eventually([&] { return node_->connections() == 0; }));
}

TEST_F(TlsListenerTest, BothSidesSayGoodbye) {
  const std::uint16_t port = start();
  TlsClient client(port, {});
  ASSERT_TRUE(client.connect("goodbye"));
  SSL_shutdown(client.ssl());
  EXPECT_EQ(client.receive(1), "");
  EXPECT_TRUE(TestNode::eventually([&] { return shutdowns("tcp_closed") == 1; }));
  TlsClient wrong(port, {});
  ASSERT_TRUE(wrong.connect("wrong"));
  ASSERT_TRUE(wrong.send(std::string("\xf0\x00", 2)));
  EXPECT_EQ(wrong.receive(1), "");
  EXPECT_EQ(SSL_get_shutdown(wrong.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsListenerTest, SaysWhatIsWrongWithWhichFile) {
  const TlsOptions good = options_;
  options_.certificate.certfile = ca_.path("missing.pem");
  EXPECT_EQ(refusal(), "listener.ssl.external.certfile: missing.pem: No such file or directory");
  options_ = good;
  options_.certificate.certfile.clear();
  EXPECT_EQ(refusal(), "listener.ssl.external.certfile: is not set");
  options_ = good;
  options_.certificate.certfile = good.certificate.keyfile;
  EXPECT_EQ(refusal(), "listener.ssl.external.certfile: server.key: holds no certificate in PEM form");
  options_ = good;
  options_.certificate.keyfile = good.certificate.certfile;
  EXPECT_EQ(refusal(), "listener.ssl.external.keyfile: server.pem: holds no private key in PEM form");
  options_ = good;
  options_.certificate.keyfile = ca_.issue({.cn = "other"}).key;
  EXPECT_EQ(refusal(),
            "listener.ssl.external.keyfile: other.key is not the key of the certificate in server.pem");
  options_ = good;
  options_.verify_peer = true;
  options_.cacertfile.clear();
  EXPECT_EQ(refusal(),
            "listener.ssl.external.verify: verify_peer needs listener.ssl.external.cacertfile to know whom "
            "to trust");
  options_ = good;
  options_.crlfile = options_.cacertfile;
  EXPECT_EQ(refusal(), "listener.ssl.external.crlfile: ca.pem: holds no revocation list in PEM form");
  options_ = good;
  options_.dhfile = options_.cacertfile;
  EXPECT_EQ(refusal(),
            "listener.ssl.external.dhfile: ca.pem: holds no Diffie-Hellman parameters in PEM form");
}

TEST_F(TlsListenerTest, AnExpiredCertificateIsWarnedAbout) {
  const CertificateFiles old = ca_.issue({.cn = "old", .valid_from_s = -7200, .valid_until_s = -3600});
  options_.certificate.certfile = old.cert;
  options_.certificate.keyfile = old.key;
  const auto lines = warnings();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("listener.ssl.external.certfile: " + old.cert + ": the certificate expired on 20"),
            std::string::npos)
      << lines[0];
}

TEST_F(TlsListenerTest, ANameThatIsNoTextIsRefused) {
  mutual();
  const CertificateFiles odd = ca_.issue({.cn = std::string("admin\0x", 7)});
  EXPECT_FALSE(TlsClient(start(), {.certificate = odd}).connect("odd"));
  EXPECT_TRUE(TestNode::eventually([&] { return shutdowns("handshake_failed") == 1; }));
}

TEST_F(TlsListenerTest, ACertificateHasNames) {
  const CertificateFiles files = ca_.issue({.cn = "Ding-ä"});
  const auto certificates = read_certificates({"x", files.cert});
  ASSERT_TRUE(certificates);
  X509* one = certificates->front().get();
  EXPECT_EQ(peer_cert_value(one, PeerCertAs::cn), "Ding-ä");
  EXPECT_EQ(peer_cert_value(one, PeerCertAs::dn), "CN=Ding-ä,O=Example");
  std::string pem = *read_tls_file({"x", files.cert});
  std::erase(pem, '\n');
  const std::string base64 = peer_cert_value(one, PeerCertAs::pem);
  EXPECT_EQ(pem, "-----BEGIN CERTIFICATE-----" + base64 + "-----END CERTIFICATE-----");
  EXPECT_EQ(peer_cert_value(one, PeerCertAs::md5).size(), 32U);
  EXPECT_EQ(peer_cert_value(one, PeerCertAs::crt), base64);
  EXPECT_EQ(peer_cert_value(one, PeerCertAs::nothing), "");
}

}  // namespace
}  // namespace meshmq::net
