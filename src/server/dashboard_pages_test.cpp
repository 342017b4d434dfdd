#include "server/dashboard_pages.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace meshmq::server {
namespace {

class DashboardPagesTest : public ::testing::Test {
 protected:
  DashboardPagesTest() {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ / "index.html") << "<p>hello";
  }
  ~DashboardPagesTest() override { std::filesystem::remove_all(directory_); }

  static http::Request request(const std::string& target, const std::string& accept = "text/html") {
    return {.method = "GET", .target = target, .headers = {{"accept", accept}}, .body = {}, .peer = {}};
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("dashboard_pages_test." + std::to_string(::getpid()));
  DashboardPages pages_{true, directory_.string()};
};

TEST_F(DashboardPagesTest, TheApiIsLeftAlone) {
  for (const char* path : {"/api/v4/nodes", "/metrics", "/status?x", "/api"})
    EXPECT_FALSE(pages_.answer(request(path))) << path;
  http::Request post = request("/");
  post.method = "POST";
  EXPECT_FALSE(pages_.answer(post));
}

TEST_F(DashboardPagesTest, ABookmarkLeadsToItsPage) {
  EXPECT_EQ(pages_.answer(request("/"))->body, "<p>hello");
  const auto away = pages_.answer(request("/clients/detail"));
  ASSERT_TRUE(away);
  EXPECT_EQ(away->status, 302U);
  EXPECT_EQ(away->headers[0].second, "../#/clients/detail");
  EXPECT_EQ(pages_.answer(request("/clients"))->headers[0].second, "./#/clients");
  EXPECT_FALSE(pages_.answer(request("/clients", "application/json")));
  EXPECT_FALSE(pages_.answer(request("//evil.example")));
  EXPECT_FALSE(pages_.answer(request("/x\r\nSet-Cookie: a")));
}

TEST_F(DashboardPagesTest, WithoutFilesItSaysSo) {
  DashboardPages nowhere(true, (directory_ / "nothing").string());
  const auto answer = nowhere.answer(request("/"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404U);
  EXPECT_NE(answer->body.find("nothing (dashboard.directory)"), std::string::npos) << answer->body;
  EXPECT_FALSE(nowhere.answer(request("/clients")));
  DashboardPages off(false, directory_.string());
  EXPECT_NE(off.answer(request("/"))->body.find("dashboard.pages = off"), std::string::npos);
  EXPECT_FALSE(off.answer(request("/index.html")));
}

TEST_F(DashboardPagesTest, PackagesHaveThemBesideTheProgram) {
  EXPECT_TRUE(packaged_pages().string().ends_with("share/meshmq/dashboard"));
}

}  // namespace
}  // namespace meshmq::server
