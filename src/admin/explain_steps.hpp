#pragma once
// Steps of an explanation as text, between nodes: one line each, `+ name: text` or `- name: text`.

#include <string>
#include <string_view>
#include <vector>

#include "broker/explain.hpp"

namespace meshmq::admin {

std::string encode_steps(const std::vector<broker::ExplainStep>& steps);
/// Lines that are none are left out.
std::vector<broker::ExplainStep> decode_steps(std::string_view text);

}  // namespace meshmq::admin
