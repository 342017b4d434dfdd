#include <gtest/gtest.h>

#include "manual/manual.hpp"
#include "manual/roff.hpp"

namespace meshmq::manual {
namespace {

TEST(Roff, PrintsTextAsItIs) {
  EXPECT_EQ(roff("a-b"), "a\\-b");
  EXPECT_EQ(roff(".x"), "\\&.x");
  EXPECT_EQ(roff("'x"), "\\&'x");
  EXPECT_EQ(roff("a\\b \"c\""), "a\\(rsb \\(dqc\\(dq");
}

TEST(Pages, NameEveryWordAndKey) {
  EXPECT_NE(meshmq_page().find(".B check\\-config\n"), std::string::npos);
  EXPECT_NE(meshmq_ctl_page().find(".B cluster force\\-leave <Node>\n"), std::string::npos);
  const std::string keys = meshmq_conf_page();
  EXPECT_NE(keys.find(".BR zone.*.max_inflight \" = 32\"\n"), std::string::npos);
  EXPECT_NE(keys.find("A change counts for clients that connect from then on.\n"), std::string::npos);
}

}  // namespace
}  // namespace meshmq::manual
