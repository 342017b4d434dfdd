#include "http/files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace meshmq::http {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() : top_(std::filesystem::temp_directory_path() / ("files_test." + std::to_string(::getpid()))) {
    write("pages/index.html", "<p>hello");
    write("pages/assets/app-1a2b.js", "plain");
    write("pages/assets/app-1a2b.js.gz", "squeezed");
    write("pages/assets/lonely.css.gz", "squeezed");
    write("secret.txt", "secret");
    std::filesystem::create_symlink(top_ / "secret.txt", top_ / "pages/link.txt");
  }
  ~FilesTest() override { std::filesystem::remove_all(top_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((top_ / name).parent_path());
    std::ofstream(top_ / name) << text;
  }
  std::optional<Response> get(const std::string& target, Headers headers = {}, std::string method = "GET") {
    return files_.answer({.method = std::move(method),
                          .target = target,
                          .headers = std::move(headers),
                          .body = {},
                          .peer = {}});
  }
  static std::string header(const std::optional<Response>& response, std::string_view name) {
    if (!response) return "no answer";
    for (const auto& [key, value] : response->headers) {
      if (key == name) return value;
    }
    return {};
  }

  const std::filesystem::path top_;
  Files files_{top_ / "pages"};
};

TEST_F(FilesTest, APageIsAskedForAgainAndItsPartsAreKept) {
  const auto page = get("/?from=here");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "<p>hello");
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
  EXPECT_NE(header(page, "Content-Security-Policy").find("script-src 'self';"), std::string::npos);
  const auto part = get("/assets/app-1a2b.js");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(header(part, "Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(FilesTest, WhoTakesCompressedContentGetsIt) {
  EXPECT_EQ(get("/assets/app-1a2b.js")->body, "plain");
  const auto squeezed = get("/assets/app-1a2b.js", {{"accept-encoding", "br, gzip;q=0.8"}});
  EXPECT_EQ(squeezed->body, "squeezed");
  EXPECT_EQ(header(squeezed, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(squeezed, "Vary"), "Accept-Encoding");
  EXPECT_EQ(get("/assets/app-1a2b.js", {{"accept-encoding", "gzip;q=0"}})->body, "plain");
  EXPECT_EQ(get("/", {{"accept-encoding", "gzip"}})->body, "<p>hello");
}

TEST_F(FilesTest, WhatIsKnownIsNotSentAgain) {
  const std::string tag = header(get("/"), "ETag");
  const auto again = get("/", {{"if-none-match", "W/\"x\", " + tag}});
  EXPECT_EQ(again->status, 304U);
  EXPECT_EQ(again->body, "");
  EXPECT_EQ(get("/", {{"if-none-match", "\"x\""}})->status, 200U);
  // Compressed, it is another one.
  const auto squeezed =
      get("/assets/app-1a2b.js",
          {{"accept-encoding", "gzip"}, {"if-none-match", header(get("/assets/app-1a2b.js"), "ETag")}});
  EXPECT_EQ(squeezed->status, 200U);
}

TEST_F(FilesTest, NothingElseCanBeReached) {
  for (const char* path :
       {"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd", "/assets",
        "/assets/", "/link.txt", "/assets/lonely.css", "/assets/app-1a2b.js.gz", "/nothing", "", "*"}) {
    EXPECT_FALSE(get(path)) << path;
  }
  EXPECT_FALSE(get("/", {}, "POST"));
  EXPECT_TRUE(get("/", {}, "HEAD"));
}

TEST_F(FilesTest, ADirectoryThatIsNotThere) {
  Files none("/does/not/exist");
  EXPECT_FALSE(none.has_index());
  EXPECT_TRUE(files_.has_index());
}

}  // namespace
}  // namespace meshmq::http
