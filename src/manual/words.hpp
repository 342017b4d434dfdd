#pragma once
// The words of both programs, as one types them.

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace meshmq::manual {

/// Words so far, with blanks between them -> those that may follow.
using NextWords = std::map<std::string, std::set<std::string>>;

/// Up to the first word that the user chooses: `acl add clientid <Clientid>` has three.
void add_form(NextWords& words, std::string_view form);

NextWords words_of_meshmq();
NextWords words_of_meshmq_ctl();

}  // namespace meshmq::manual
