#include "net/tls_ciphers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/openssl_ptr.hpp"

namespace meshmq::net {

namespace {

struct Version {
  std::string_view name;
  int number;
  std::uint64_t without;
};
constexpr Version versions[] = {{"tlsv1", TLS1_VERSION, SSL_OP_NO_TLSv1},
                                {"tlsv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1},
                                {"tlsv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2},
                                {"tlsv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3}};

void append(std::string& list, const std::string& name) {
  if (!list.empty()) list.push_back(':');
  list += name;
}

/// The name of one cipher, not of a group and no command.
bool names_one_cipher(const std::string& name) {
  return name.find('-') != std::string::npos && name.front() != '-' &&
         name.find_first_of("!+@=") == std::string::npos;
}

}  // namespace

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> result;
  constexpr std::string_view separators = ",: \t";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) result.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

Result<TlsVersions> parse_versions(std::string_view text) {
  TlsVersions result;
  std::uint64_t named = 0;
  for (const std::string& name : split_names(text)) {
    const auto* version = std::find_if(std::begin(versions), std::end(versions),
                                       [&name](const Version& one) { return one.name == name; });
    if (version == std::end(versions)) {
      return fail(Errc::invalid_argument,
                  fmt::format("{} is none of tlsv1.3, tlsv1.2, tlsv1.1, tlsv1", name));
    }
    named |= version->without;
    if (result.min == 0 || version->number < result.min) result.min = version->number;
    result.max = std::max(result.max, version->number);
  }
  if (named == 0) return fail(Errc::invalid_argument, "names no version");
  for (const Version& version : versions) {
    if ((named & version.without) == 0) result.holes |= version.without;
  }
  return result;
}

CipherLists sort_ciphers(std::string_view text) {
  CipherLists result;
  const SslCtxPtr scratch(SSL_CTX_new(TLS_server_method()));
  for (const std::string& name : split_names(text)) {
    result.given = true;
    const bool new_one = name.starts_with("TLS_");
    const bool known =
        new_one ? SSL_CTX_set_ciphersuites(scratch.get(), name.c_str()) == 1
                : !names_one_cipher(name) || SSL_CTX_set_cipher_list(scratch.get(), name.c_str()) == 1;
    if (known) {
      append(new_one ? result.tls13 : result.tls12, name);
    } else {
      result.unknown.push_back(name);
    }
  }
  ERR_clear_error();
  return result;
}

}  // namespace meshmq::net
