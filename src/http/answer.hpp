#pragma once
// Requests and answers between Beast's form and ours. For this folder's own files.

#include <boost/beast/http.hpp>
#include <optional>
#include <string>

#include "http/message.hpp"

namespace meshmq::http {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;
using BeastResponse = boost::beast::http::response<boost::beast::http::string_body>;

/// Takes the body out of `message`.
Request take_request(BeastRequest& message, const std::string& peer);
/// `head`: the request was HEAD, so that the answer has no body.
BeastResponse make_answer(Response response, bool keep_alive, bool head);
/// What is said to bytes that are no request; nothing: the other end has gone.
std::optional<Response> refusal(const boost::system::error_code& error);

}  // namespace meshmq::http
