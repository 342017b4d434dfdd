#include "rest/report.hpp"

#include <gtest/gtest.h>

namespace meshmq::rest {
namespace {

TEST(ReportTest, QuestionsTravel) {
  const std::string bytes = encode(Question{"clients", {{"_rows", "10"}, {"zone", "external"}}});
  EXPECT_TRUE(is_question(bytes));
  const auto question = decode_question(bytes);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->name, "clients");
  EXPECT_EQ(question->params, (Params{{"_rows", "10"}, {"zone", "external"}}));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_question(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(is_question("\x01"));
}

TEST(ReportTest, AnswersTravel) {
  const std::string bytes =
      encode(Report{.code = Code::bad_parameter, .message = "m", .total = 300, .rows = {"1", "{}"}});
  const auto report = decode_report(bytes);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->code, Code::bad_parameter);
  EXPECT_EQ(report->message, "m");
  EXPECT_EQ(report->total, 300U);
  EXPECT_EQ(report->rows, (std::vector<std::string>{"1", "{}"}));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_report(std::string_view(bytes).substr(0, size))) << size;
}

TEST(ReportTest, GoldenBytes) {
  EXPECT_EQ(encode(Question{"ab", {{"c", "d"}}}), std::string("\x02\0\0\0\x02"
                                                              "ab\x01\0\0\0\x01"
                                                              "c\0\0\0\x01"
                                                              "d",
                                                              18));
  EXPECT_EQ(encode(Report{.total = 2, .rows = {"1"}}), std::string("\x02\0\0\0\0\0\0\x02\x01\0\0\0\x01"
                                                                   "1",
                                                                   14));
}

/// What a node says that does not know the question.
TEST(ReportTest, AnAnswerInWordsIsNone) {
  EXPECT_EQ(decode_report("\x01no").error().message, "the node does not know this question");
}

}  // namespace
}  // namespace meshmq::rest
