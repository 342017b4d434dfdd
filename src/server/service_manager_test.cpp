#include "server/service_manager.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace meshmq::server {
namespace {

using namespace std::chrono_literals;

TEST(Pulse, StopsWithOneThreadThatDoesNotGoOn) {
  Pulse pulse;
  EXPECT_TRUE(pulse.goes_on({1, 1}));
  EXPECT_TRUE(pulse.goes_on({2, 5}));
  EXPECT_FALSE(pulse.goes_on({3, 5}));
  EXPECT_FALSE(pulse.goes_on({4, 5}));
  EXPECT_TRUE(pulse.goes_on({5, 6}));
}

/// The service manager's end.
class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() {
    std::filesystem::remove(path_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~ServiceManagerTest() override {
    ::close(socket_);
    std::filesystem::remove(path_);
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  /// What was said next; empty: nothing.
  std::string said() const {
    char text[1024];
    const ssize_t size = ::recv(socket_, text, sizeof text, 0);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
  }

  const std::string path_ = "/tmp/meshmq-notify-" + std::to_string(::getpid());
  int socket_ = -1;
  boost::asio::io_context io_;
  std::vector<std::uint64_t> turns_{0, 0};
};

TEST_F(ServiceManagerTest, HearsOfTheLifeOfTheNode) {
  ServiceManager service(io_, [this] { return turns_; });
  service.ready("Here");
  EXPECT_EQ(said(), "READY=1\nSTATUS=Here");
  service.status("3 clients");
  EXPECT_EQ(said(), "STATUS=3 clients");
  service.reloading();
  EXPECT_TRUE(said().starts_with("RELOADING=1\n"));
  service.stopping();
  EXPECT_TRUE(said().starts_with("STOPPING=1\n"));
  io_.run_for(20ms);
  EXPECT_EQ(said(), "") << "nobody has asked for a watchdog";
}

TEST_F(ServiceManagerTest, TheWatchdogIsFedWhileAllWorkersGoOn) {
  ::setenv("WATCHDOG_USEC", "10000", 1);
  bool stalled = false;
  std::size_t looks = 0;
  ServiceManager service(io_, [&] {
    ++looks;
    ++turns_[0];
    if (!stalled) ++turns_[1];
    return turns_;
  });
  service.ready("");
  said();
  while (looks < 3) io_.run_one();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(), "WATCHDOG=1");
  stalled = true;
  while (looks < 6) io_.run_one();
  EXPECT_EQ(said(), "");
}

TEST_F(ServiceManagerTest, NobodyNeedsToListen) {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceManager service(io_, [this] { return turns_; });
  service.ready("Here");
  service.stopping();
  EXPECT_EQ(said(), "");
}

}  // namespace
}  // namespace meshmq::server
