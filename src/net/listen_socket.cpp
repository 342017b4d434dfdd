#include "net/listen_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "net/socket_address.hpp"

namespace meshmq::net {

namespace {

Error bind_error(const std::string& where, int error) {
  switch (error) {
    case EADDRINUSE:
      return {Errc::already_exists,
              fmt::format("{}: the address is in use: another program or node listens there", where)};
    case EACCES:
      return {Errc::refused,
              fmt::format("{}: permission denied: ports below 1024 are for privileged users", where)};
    case EADDRNOTAVAIL:
      return {Errc::invalid_argument, fmt::format("{}: this machine has no such address", where)};
    default:
      return {Errc::io, fmt::format("{}: {}", where, std::generic_category().message(error))};
  }
}

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

// Accepted sockets inherit these; the receive buffer must be known before the handshake.
void set_buffers(int fd, const ListenerOptions& options) {
  if (options.send_buffer_bytes > 0) set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
  if (options.receive_buffer_bytes > 0) set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
}

const sockaddr* plain(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

// ---------------------------------------------------------------- TCP

Result<UniqueFd> make_socket(const SocketAddress& address, const ListenerOptions& options) {
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return tl::unexpected(bind_error(format_address(address.storage), errno));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.storage.ss_family == AF_INET6)
    set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only);
  set_buffers(fd.get(), options);
  return fd;
}

/// The first is bound alone, so that a port on which anybody else listens (another node of ours would share
/// it too) is refused; only then sharing is allowed, for the others.
Result<std::vector<UniqueFd>> open_tcp(const ListenerOptions& options, std::size_t count) {
  auto resolved = resolve_address(options.address, options.port);
  if (!resolved) return tl::unexpected(resolved.error());
  SocketAddress address = *resolved;
  std::vector<UniqueFd> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    auto fd = make_socket(address, options);
    if (!fd) return tl::unexpected(fd.error());
    if (i > 0) set_option(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (::bind(fd->get(), plain(address), address.size) != 0 || ::listen(fd->get(), options.backlog) != 0)
      return tl::unexpected(bind_error(format_address(address.storage), errno));
    set_option(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (i == 0) address = local_address(fd->get());
    sockets.push_back(std::move(*fd));
  }
  return sockets;
}

// ---------------------------------------------------------------- Unix domain

Error unix_error(const std::string& path, const std::string& why) {
  return {Errc::io, fmt::format("{}: {}", path, why)};
}

UniqueFd unix_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Removes what an earlier process has left; nothing that somebody uses, and no file of another kind.
Result<void> remove_stale(const std::string& path, const SocketAddress& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode))
    return tl::unexpected(unix_error(path, "a file that is no socket stands there"));
  const UniqueFd probe = unix_socket();
  if (::connect(probe.get(), plain(address), address.size) == 0 || errno != ECONNREFUSED)
    return tl::unexpected(bind_error(path, EADDRINUSE));
  ::unlink(path.c_str());
  return {};
}

/// One socket, which all workers share: whoever is awake takes the client.
Result<std::vector<UniqueFd>> open_unix(const ListenerOptions& options, std::size_t count) {
  const std::string& path = options.unix_path;
  const auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  if (auto removed = remove_stale(path, *address); !removed) return tl::unexpected(removed.error());
  UniqueFd fd = unix_socket();
  if (!fd) return tl::unexpected(bind_error(path, errno));
  set_buffers(fd.get(), options);
  if (::bind(fd.get(), plain(*address), address->size) != 0)
    return tl::unexpected(unix_error(path, std::generic_category().message(errno)));
  // Nobody can connect before listen().
  if (::chmod(path.c_str(), options.unix_mode) != 0 || ::listen(fd.get(), options.backlog) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return tl::unexpected(bind_error(path, error));
  }
  std::vector<UniqueFd> sockets;
  for (std::size_t i = 1; i < count; ++i) {
    sockets.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!sockets.back()) return tl::unexpected(bind_error(path, errno));
  }
  sockets.push_back(std::move(fd));
  return sockets;
}

}  // namespace

Result<std::vector<UniqueFd>> open_listening(const ListenerOptions& options, std::size_t count) {
  return options.unix_path.empty() ? open_tcp(options, count) : open_unix(options, count);
}

}  // namespace meshmq::net
