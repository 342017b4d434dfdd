#pragma once
// Writes down what operators do by the API.

#include <string>
#include <string_view>

#include "admin/audit.hpp"
#include "http/message.hpp"
#include "rest/route.hpp"

namespace meshmq::rest {

/// Not GET; nor messages that are published through the API, nor questions that need a body.
bool changes_something(const Route& route);
/// The call is recorded when it is answered, with the outcome.
void audit_call(admin::Audit& audit, const http::Request& request, Call& call);

/// A JSON body as it may be kept: members that are named like secrets are `***`. What is no JSON is left out.
std::string body_without_secrets(std::string_view body);
/// `ok`, `code 108`, `status 403`; of an answer that tells of several things what went wrong with them:
/// `refused: KEY: MESSAGE`, `code 112 for 1 of 3`.
std::string outcome_of(const http::Response& response);

}  // namespace meshmq::rest
