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
/// `ok`, `code 108` or `status 403`.
std::string outcome_of(const http::Response& response);

}  // namespace meshmq::rest
