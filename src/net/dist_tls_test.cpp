#include "net/dist_tls.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "net/testing/test_authority.hpp"

namespace meshmq::net {
namespace {

using erldist::SecureChannel;
using Status = SecureChannel::Status;
using testing::CertificateFiles;
using testing::TestAuthority;

// ---------------------------------------------------------------- the file

std::string mistake(std::string_view text) {
  const auto options = parse_dist_tls(text, "f");
  return options ? "none" : options.error().message;
}

TEST(DistTlsFile, SaysWhatErlangsSays) {
  const auto options = parse_dist_tls(
      "[{server, [{certfile, \"cert.pem\"}, {keyfile, \"key.pem\"}, {password, \"p\"}, {cacertfile, "
      "\"ca.pem\"},\n"
      "           {verify, verify_peer}, {fail_if_no_peer_cert, true}, {depth, 3},\n"
      "           {versions, ['tlsv1.2', 'tlsv1.3']}, {ciphers, [\"ECDHE-RSA-AES256-GCM-SHA384\", "
      "\"HIGH\"]},\n"
      "           {honor_cipher_order, false}, {dhfile, \"dh.pem\"}, {crlfile, \"crl.pem\"}, {crl_check, "
      "peer},\n"
      "           {secure_renegotiate, true}, {reuse_sessions, true}, {hibernate_after, 5000}]},\n"
      " {client, [{certfile, <<\"both.pem\">>}, {server_name_indication, \"cluster.example.org\"}]}].",
      "f");
  ASSERT_TRUE(options.has_value()) << options.error().message;
  const TlsOptions& server = options->server;
  EXPECT_EQ(server.certificate.certfile, "cert.pem");
  EXPECT_EQ(server.certificate.keyfile, "key.pem");
  EXPECT_EQ(server.certificate.key_password, "p");
  EXPECT_EQ(server.cacertfile, "ca.pem");
  EXPECT_TRUE(server.verify_peer && server.fail_if_no_peer_cert);
  EXPECT_EQ(server.depth, 3);
  EXPECT_EQ(server.tls_versions, "tlsv1.2,tlsv1.3");
  EXPECT_EQ(server.ciphers, "ECDHE-RSA-AES256-GCM-SHA384,HIGH");
  EXPECT_FALSE(server.honor_cipher_order);
  EXPECT_EQ(server.dhfile, "dh.pem");
  EXPECT_EQ(server.crlfile, "crl.pem");
  EXPECT_FALSE(server.crl_check_chain);
  EXPECT_EQ(options->client.certificate.certfile, "both.pem");
  EXPECT_EQ(options->client.certificate.keyfile, "both.pem") << "as Erlang has it";
  EXPECT_EQ(options->as_host, "cluster.example.org");
}

TEST(DistTlsFile, VerifiesPeersAsSoonAsThereIsACa) {
  const auto silent = parse_dist_tls(
      "[{server,[{certfile,\"c\"},{cacertfile,\"ca\"}]}, {client,[{cacertfile,\"ca\"}]}].", "f");
  ASSERT_TRUE(silent.has_value());
  EXPECT_TRUE(silent->server.verify_peer && silent->server.fail_if_no_peer_cert);
  EXPECT_TRUE(silent->client.verify_peer);
  const auto shipped =
      parse_dist_tls("[{server,[{certfile,\"c\"},{depth,0}]},{client,[{secure_renegotiate,true}]}].", "f");
  ASSERT_TRUE(shipped.has_value());
  EXPECT_FALSE(shipped->server.verify_peer || shipped->client.verify_peer);
  const auto told = parse_dist_tls(
      "[{server,[{certfile,\"c\"},{cacertfile,\"ca\"},{verify,verify_none}]},"
      " {client,[{cacertfile,\"ca\"},{verify,verify_none},{server_name_indication,disable}]}].",
      "f");
  ASSERT_TRUE(told.has_value());
  EXPECT_FALSE(told->server.verify_peer || told->server.fail_if_no_peer_cert || told->client.verify_peer);
  EXPECT_FALSE(told->check_host);
  const auto half =
      parse_dist_tls("[{server,[{certfile,\"c\"},{cacertfile,\"ca\"},{verify,verify_peer}]}].", "f");
  ASSERT_TRUE(half.has_value());
  EXPECT_FALSE(half->server.fail_if_no_peer_cert) << "who says verify says the rest too";
}

TEST(DistTlsFile, NamesMistakes) {
  const std::string file = "node.ssl_dist_optfile: f: ";
  EXPECT_EQ(mistake("[{server,[}]."), file + "line 1, column 11: expected a term but found }");
  EXPECT_EQ(mistake("[{client,[]}]."),
            file + "expected [{server, [...]}, {client, [...]}]. but found no server");
  EXPECT_EQ(mistake("[{servr,[]}]."), file + "expected [{server, [...]}, {client, [...]}]. but found servr");
  EXPECT_EQ(mistake(""), file + "expected [{server, [...]}, {client, [...]}]. but found nothing");
  EXPECT_EQ(mistake("[{server,[{certfile,4}]}]."),
            file + "server.certfile: expected a text in quotes but found 4");
  EXPECT_EQ(mistake("[{server,[{depth,-1}]}]."), file + "server.depth: expected 0 to 255 but found -1");
  EXPECT_EQ(mistake("[{server,[{verify,yes}]}]."),
            file + "server.verify: expected verify_peer or verify_none but found yes");
  EXPECT_EQ(mistake("[{server,[{fail_if_no_peer_cert,1}]}]."),
            file + "server.fail_if_no_peer_cert: expected true or false but found 1");
  EXPECT_EQ(mistake("[{server,[{verify_fun,x}]}]."), file + "server.verify_fun: not supported, remove it");
  EXPECT_EQ(mistake("[{server,[{crl_check,true}]}]."),
            file + "server.crl_check: needs {crlfile, \"...\"}, a file of revocation lists");
  EXPECT_EQ(mistake("[{server,[depth]}]."), file + "server: expected {name, value} but found depth");
}

// ---------------------------------------------------------------- channels

/// Both ends, joined.
struct Pair {
  Pair(DistTls& a, DistTls& b, const std::string& host) : client(a.connect(host)), server(b.accept()) {
    status[0] = client->receive({}, plain[0], wire[0]);
    for (int round = 0; round < 10 && !(wire[0].empty() && wire[1].empty()); ++round) {
      if (!wire[0].empty()) status[1] = server->receive(std::exchange(wire[0], {}), plain[1], wire[1]);
      if (!wire[1].empty()) status[0] = client->receive(std::exchange(wire[1], {}), plain[0], wire[0]);
    }
  }
  bool ready() const { return status[0] == Status::ready && status[1] == Status::ready; }
  std::string errors() const {
    const std::string ours = status[0] == Status::failed ? client->error() : "";
    return ours + " | " + (status[1] == Status::failed ? server->error() : "");
  }

  std::unique_ptr<SecureChannel> client;
  std::unique_ptr<SecureChannel> server;
  std::string plain[2];
  std::string wire[2];
  Status status[2] = {Status::handshake, Status::handshake};
};

class DistTlsTest : public ::testing::Test {
 protected:
  /// Options of one node: `[{server, ..}, {client, ..}].`
  std::shared_ptr<DistTls> node(const CertificateFiles& files, const std::string& ca,
                                const std::string& more = "") {
    std::string path = ca_.write("node" + std::to_string(++nodes_) + ".conf", text(files, ca, more));
    auto opened = DistTls::open(path, warnings_);
    if (!opened) throw std::runtime_error(opened.error().message);
    return *opened;
  }
  static std::string text(const CertificateFiles& files, const std::string& ca,
                          const std::string& more = "") {
    const std::string options = "[{certfile,\"" + files.cert + "\"},{keyfile,\"" + files.key +
                                "\"},{cacertfile,\"" + ca + "\"}" + more + "]";
    return "[{server," + options + "},{client," + options + "}].";
  }
  CertificateFiles good() {
    return ca_.issue({.cn = "n" + std::to_string(++issued_), .dns = {"a.example.org"}});
  }

  TestAuthority ca_{"Nodes"};
  TestAuthority other_{"Others"};
  std::vector<std::string> warnings_;
  int nodes_ = 0;
  int issued_ = 0;
};

TEST_F(DistTlsTest, CarriesBytesBothWays) {
  const auto a = node(good(), ca_.cacert());
  const auto b = node(good(), ca_.cacert());
  Pair pair(*a, *b, "a.example.org");
  ASSERT_TRUE(pair.ready()) << pair.errors();
  const std::string large(300'000, 'x');
  ASSERT_TRUE(pair.client->send(large, pair.wire[0]));
  EXPECT_EQ(pair.wire[0].find("xxxx"), std::string::npos);
  EXPECT_EQ(pair.server->receive(pair.wire[0], pair.plain[1], pair.wire[1]), Status::ready);
  EXPECT_EQ(pair.plain[1], large);
  ASSERT_TRUE(pair.server->send("back", pair.wire[1]));
  for (const char byte : pair.wire[1]) pair.client->receive({&byte, 1}, pair.plain[0], pair.wire[0]);
  EXPECT_EQ(pair.plain[0], "back");
  std::string goodbye;
  pair.client->close(goodbye);
  EXPECT_EQ(pair.server->receive(goodbye, pair.plain[1], pair.wire[1]), Status::closed);
}

TEST_F(DistTlsTest, EveryFailureReadsDifferently) {
  const auto a = node(good(), ca_.cacert());
  const auto b = node(good(), ca_.cacert());
  EXPECT_EQ(Pair(*a, *b, "b.example.org").errors(),
            "its certificate is not for the host 'b.example.org' | it refuses this node's certificate");
  EXPECT_EQ(Pair(*a, *b, "10.0.0.1").errors(),
            "its certificate is not for the host '10.0.0.1' | it refuses this node's certificate");
  const auto foreign = node(other_.issue({.cn = "f", .dns = {"a.example.org"}}), ca_.cacert());
  EXPECT_EQ(Pair(*a, *foreign, "a.example.org").errors(),
            "its certificate is of an unknown CA | it refuses this node's certificate: unknown CA");
  EXPECT_EQ(Pair(*foreign, *a, "a.example.org").errors(),
            "it refuses this node's certificate: unknown CA | its certificate is of an unknown CA");
  const auto old =
      node(ca_.issue({.cn = "old", .dns = {"a.example.org"}, .valid_until_s = -60}), ca_.cacert());
  EXPECT_EQ(Pair(*a, *old, "a.example.org").errors(),
            "its certificate has expired | it refuses this node's certificate: expired");
  const auto files = good();
  const auto bare = DistTls::open(ca_.write("bare.conf", "[{server,[{certfile,\"" + files.cert +
                                                             "\"},{keyfile,\"" + files.key + "\"}]}]."),
                                  warnings_);
  ASSERT_TRUE(bare.has_value()) << bare.error().message;
  EXPECT_EQ(Pair(**bare, *a, "a.example.org").errors(),
            "it wants a certificate, this node has none: set certfile for client | it has no certificate");
  const auto new_only = node(good(), ca_.cacert(), ",{versions,['tlsv1.3']}");
  const auto old_only = node(good(), ca_.cacert(), ",{versions,['tlsv1.2']}");
  EXPECT_EQ(Pair(*new_only, *old_only, "a.example.org").errors(),
            "no common version of TLS | no common version of TLS");
}

TEST_F(DistTlsTest, WhoSpeaksPlainTextIsTold) {
  const auto a = node(good(), ca_.cacert());
  const auto server = a->accept();
  std::string plain;
  std::string wire;
  EXPECT_EQ(server->receive(std::string("\0\x15N", 3), plain, wire), Status::failed);
  EXPECT_EQ(server->error(),
            "it speaks no TLS, this node does: is cluster.proto_dist the same on both sides?");
  EXPECT_EQ(wire.substr(0, 2), "\x15\x03") << "an alert";
}

TEST_F(DistTlsTest, WarnsWhereNobodyIsVerified) {
  const auto files = good();
  const std::string path = ca_.write(
      "bare.conf", "[{server,[{certfile,\"" + files.cert + "\"},{keyfile,\"" + files.key + "\"}]}].");
  ASSERT_TRUE(DistTls::open(path, warnings_).has_value());
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("client: other nodes are not verified"), std::string::npos);
}

TEST_F(DistTlsTest, ReadsItsFilesAgain) {
  const auto a = node(good(), ca_.cacert());
  const std::string path = ca_.write("changing.conf", text(other_.issue({.cn = "f"}), ca_.cacert()));
  const auto b = *DistTls::open(path, warnings_);
  EXPECT_FALSE(b->files_changed());
  EXPECT_FALSE(Pair(*a, *b, "a.example.org").ready());
  ca_.write("changing.conf", text(good(), ca_.cacert(), ",{depth,5}"));
  EXPECT_TRUE(b->files_changed());
  ASSERT_TRUE(b->reload(warnings_).has_value());
  EXPECT_TRUE(Pair(*a, *b, "a.example.org").ready());
  ca_.write("changing.conf", "[{server");
  EXPECT_FALSE(b->reload(warnings_).has_value());
  EXPECT_FALSE(b->files_changed()) << "it is not tried again until something changes";
  EXPECT_TRUE(Pair(*a, *b, "a.example.org").ready()) << "what was good stays";
}

}  // namespace
}  // namespace meshmq::net
