#include "discovery/dns_reply.hpp"

#include <gtest/gtest.h>

namespace meshmq::discovery {
namespace {

using namespace std::string_literals;

const std::string name = "\7cluster\7example\0"s;

std::string reply(std::uint8_t answers, std::uint8_t type, const std::string& records) {
  return "\0\1\201\200\0\1\0"s + static_cast<char>(answers) + "\0\0\0\0"s + name + "\0"s +
         static_cast<char>(type) + "\0\1"s + records;
}
/// Its name points at the question's.
std::string record(std::uint8_t type, std::uint8_t ttl, const std::string& data) {
  return "\300\14\0"s + static_cast<char>(type) + "\0\1\0\0\0"s + static_cast<char>(ttl) + "\0"s +
         static_cast<char>(data.size()) + data;
}

TEST(DnsReply, AddressesAreNamesOfNodes) {
  const auto found = read_dns_reply(
      reply(3, 1, record(1, 30, "\12\0\0\2"s) + record(1, 20, "\12\0\0\1"s) + record(1, 30, "\12\0\0\2"s)),
      DnsType::a, "meshmq");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->nodes, (std::vector<std::string>{"meshmq@10.0.0.1", "meshmq@10.0.0.2"}));
  EXPECT_EQ(found->valid, std::chrono::seconds(20));
  EXPECT_TRUE(found->complete);
}

TEST(DnsReply, OfIpv6) {
  const auto found =
      read_dns_reply(reply(1, 28, record(28, 5, "\375\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7"s)), DnsType::aaaa, "m");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->nodes, std::vector<std::string>{"m@fd00::7"});
}

TEST(DnsReply, ServicesNameTheirTargets) {
  const auto found =
      read_dns_reply(reply(1, 33, record(33, 5, "\0\1\0\1\20\21\2n1\300\14"s)), DnsType::srv, "m");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->nodes, std::vector<std::string>{"m@n1.cluster.example"});
}

TEST(DnsReply, AliasesCountByTheirTtlOnly) {
  const auto found =
      read_dns_reply(reply(2, 1, record(5, 0, "\300\14"s) + record(1, 30, "\12\0\0\2"s)), DnsType::a, "m");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->nodes, std::vector<std::string>{"m@10.0.0.2"});
  EXPECT_EQ(found->valid, std::chrono::seconds(1));
}

TEST(DnsReply, EveryPrefixIsRefused) {
  const std::string whole = reply(1, 33, record(33, 5, "\0\1\0\1\20\21\2n1\300\14"s));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_dns_reply(whole.substr(0, size), DnsType::srv, "m")) << size;
  }
}

}  // namespace
}  // namespace meshmq::discovery
