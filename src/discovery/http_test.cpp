#include "discovery/http.hpp"

#include <gtest/gtest.h>

namespace meshmq::discovery {
namespace {

std::string parsed(const char* text) {
  const auto url = Url::parse(text);
  return url ? url->text() : url.error().message;
}

TEST(UrlTest, HasAHostAndAPort) {
  EXPECT_EQ(parsed("http://127.0.0.1:2379"), "http://127.0.0.1:2379");
  EXPECT_EQ(parsed("https://etcd.example/"), "https://etcd.example:443");
  EXPECT_EQ(Url::parse("http://[::1]:2379")->host, "::1");
  EXPECT_EQ(parsed("http://[::1]:2379"), "http://[::1]:2379");
}

TEST(UrlTest, MistakesAreNamed) {
  EXPECT_EQ(parsed("127.0.0.1:2379"), "'127.0.0.1:2379' begins neither with http:// nor with https://");
  EXPECT_EQ(parsed("http://:2379"), "'http://:2379' is no address of a server");
  EXPECT_EQ(parsed("http://a:b"), "'http://a:b' is no address of a server");
}

}  // namespace
}  // namespace meshmq::discovery
