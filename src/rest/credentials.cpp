#include "rest/credentials.hpp"

#include <algorithm>

#include "sasl/base64.hpp"

namespace meshmq::rest {

std::optional<Credential> basic_credential(std::string_view header) {
  constexpr std::string_view scheme = "basic ";
  if (header.size() < scheme.size()) return std::nullopt;
  const bool basic = std::equal(scheme.begin(), scheme.end(), header.begin(), [](char wanted, char given) {
    return wanted == (given >= 'A' && given <= 'Z' ? static_cast<char>(given - 'A' + 'a') : given);
  });
  if (!basic) return std::nullopt;
  const auto text = sasl::from_base64(header.substr(scheme.size()));
  const std::size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Credential{text->substr(0, colon), text->substr(colon + 1)};
}

bool has_foreign_origin(const http::Request& request) {
  if (request.header("sec-fetch-site") == "cross-site") return true;
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return false;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return true;
  return origin.substr(scheme + 3) != request.header("host");
}

bool same_secret(std::string_view a, std::string_view b) {
  unsigned char different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    different = static_cast<unsigned char>(different | (a[i] ^ other));
  }
  return different == 0;
}

Duration LoginGuard::wait(std::string_view address, Now now) const {
  const auto found = failures_.find(address);
  if (found == failures_.end() || found->second.until <= now.mono) return Duration(0);
  return found->second.until - now.mono;
}

void LoginGuard::failed(const std::string& address, Now now) {
  if (failures_.size() >= addresses_max) {
    std::erase_if(failures_, [&](const auto& entry) { return entry.second.last + memory <= now.mono; });
    // A flood from everywhere: whoever is new is not remembered.
    if (failures_.size() >= addresses_max && failures_.find(address) == failures_.end()) return;
  }
  Failures& failures = failures_[address];
  if (failures.last + memory <= now.mono) failures.count = 0;
  failures.last = now.mono;
  ++failures.count;
  if (failures.count < free_attempts) return;
  const unsigned doublings = std::min(failures.count - free_attempts, 6U);
  failures.until = now.mono + std::min<Duration>(wait_min * (1U << doublings), wait_max);
}

void LoginGuard::succeeded(std::string_view address) {
  if (const auto found = failures_.find(address); found != failures_.end()) failures_.erase(found);
}

}  // namespace meshmq::rest
