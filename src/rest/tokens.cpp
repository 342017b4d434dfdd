#include "rest/tokens.hpp"

#include <algorithm>
#include <utility>

namespace meshmq::rest {

void Tokens::add(std::string token, Session session, Now now) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.until <= now.mono; });
  if (sessions_.size() >= tokens_max) {
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
      return a.second.until < b.second.until;
    }));
  }
  session.until = now.mono + lifetime_;
  sessions_[std::move(token)] = std::move(session);
}

const Tokens::Session* Tokens::find(std::string_view token, Now now) const {
  const auto found = sessions_.find(token);
  return found == sessions_.end() || found->second.until <= now.mono ? nullptr : &found->second;
}

void Tokens::end(std::string_view token) {
  if (const auto found = sessions_.find(token); found != sessions_.end()) sessions_.erase(found);
}

void Tokens::forget(std::string_view username) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.username == username; });
}

std::string_view bearer_token(std::string_view header) {
  constexpr std::string_view scheme = "Bearer ";
  return header.starts_with(scheme) ? header.substr(scheme.size()) : std::string_view();
}

}  // namespace meshmq::rest
