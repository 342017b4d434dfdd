#include "net/tls_files.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace meshmq::net {

namespace {

Error file_error(const TlsFile& file, std::string_view what) {
  return {Errc::invalid_argument, fmt::format("{}: {}: {}", file.setting, file.path, what)};
}

BioPtr memory(const std::string& bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// Never asks on the terminal.
int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.empty() || text.size() % 2 != 0) return std::nullopt;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? fmt::format("error {:x}", code) : reason;
}

Result<std::string> read_tls_file(const TlsFile& file) {
  std::ifstream stream(file.path, std::ios::binary);
  if (!stream) return tl::unexpected(file_error(file, std::generic_category().message(errno)));
  std::string bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (stream.bad()) return tl::unexpected(file_error(file, std::generic_category().message(EIO)));
  return bytes;
}

Result<std::vector<X509Ptr>> read_certificates(const TlsFile& file) {
  const auto bytes = read_tls_file(file);
  if (!bytes) return tl::unexpected(bytes.error());
  const BioPtr bio = memory(*bytes);
  std::vector<X509Ptr> result;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr)) result.emplace_back(one);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (result.empty() && at_end) return tl::unexpected(file_error(file, "holds no certificate in PEM form"));
  if (!at_end) {
    return tl::unexpected(file_error(
        file, fmt::format("certificate {} cannot be read: {}", result.size() + 1, take_openssl_error())));
  }
  ERR_clear_error();
  return result;
}

Result<CertificateChain> read_chain(const TlsFile& file) {
  auto all = read_certificates(file);
  if (!all) return tl::unexpected(all.error());
  CertificateChain chain;
  chain.leaf = std::move(all->front());
  all->erase(all->begin());
  chain.intermediates = std::move(*all);
  return chain;
}

Result<std::vector<X509CrlPtr>> read_crls(const TlsFile& file) {
  const auto bytes = read_tls_file(file);
  if (!bytes) return tl::unexpected(bytes.error());
  const BioPtr bio = memory(*bytes);
  std::vector<X509CrlPtr> result;
  while (X509_CRL* one = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    result.emplace_back(one);
  }
  ERR_clear_error();
  if (result.empty()) return tl::unexpected(file_error(file, "holds no revocation list in PEM form"));
  return result;
}

Result<KeyPtr> read_private_key(const TlsFile& file, const std::string& password) {
  const auto bytes = read_tls_file(file);
  if (!bytes) return tl::unexpected(bytes.error());
  const BioPtr bio = memory(*bytes);
  ERR_clear_error();
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, const_cast<std::string*>(&password)));
  if (key) return key;
  const std::string text = take_openssl_error();
  const bool encrypted = bytes->find("ENCRYPTED") != std::string::npos;
  if (encrypted && password.empty())
    return tl::unexpected(file_error(file, "the key is encrypted: set key_password"));
  if (encrypted) return tl::unexpected(file_error(file, "key_password does not open it"));
  if (bytes->find("PRIVATE KEY") == std::string::npos)
    return tl::unexpected(file_error(file, "holds no private key in PEM form"));
  return tl::unexpected(file_error(file, fmt::format("the key cannot be read: {}", text)));
}

Result<KeyPtr> read_dh_parameters(const TlsFile& file) {
  const auto bytes = read_tls_file(file);
  if (!bytes) return tl::unexpected(bytes.error());
  const BioPtr bio = memory(*bytes);
  KeyPtr key(PEM_read_bio_Parameters(bio.get(), nullptr));
  ERR_clear_error();
  if (!key || EVP_PKEY_is_a(key.get(), "DH") != 1)
    return tl::unexpected(file_error(file, "holds no Diffie-Hellman parameters in PEM form"));
  return key;
}

Result<void> read_psk_file(const TlsFile& file, PskKeys keys, PskTable& table) {
  const auto bytes = read_tls_file(file);
  if (!bytes) return tl::unexpected(bytes.error());
  std::string_view rest = *bytes;
  for (int line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.empty() || text.front() == '#') continue;
    // A hex key holds no colon, an identity may; a text is what is behind the first one.
    const bool hex = keys == PskKeys::hex;
    const std::size_t colon = hex ? text.rfind(':') : text.find(':');
    const std::string_view written =
        colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const std::optional<std::string> key = hex ? from_hex(written) : std::string(written);
    // The line itself stays out of the log: it holds a secret.
    if (!key || key->empty() || colon == 0) {
      const std::string_view expected = hex ? "identity:hexkey" : "identity:key";
      return tl::unexpected(file_error(file, fmt::format("line {}: expected {}", line, expected)));
    }
    if (key->size() > PSK_MAX_PSK_LEN || colon > PSK_MAX_IDENTITY_LEN)
      return tl::unexpected(file_error(file, fmt::format("line {}: too long", line)));
    table[std::string(text.substr(0, colon))] = *key;
  }
  return {};
}

}  // namespace meshmq::net
