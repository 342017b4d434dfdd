#include "erldist/term_text.hpp"

#include <gtest/gtest.h>

namespace meshmq::erldist {
namespace {

/// As print() writes the terms, each on a line; or the error.
std::string read(std::string_view text) {
  const auto terms = parse_terms(text);
  if (!terms) return terms.error().message;
  std::string result;
  for (const WrittenTerm& one : *terms) result += print(one.term) + "\n";
  return result;
}

TEST(TermText, ReadsAFileOfOptions) {
  EXPECT_EQ(read("% TLS between nodes\n"
                 "[{server,\n"
                 "  [{certfile, \"etc/certs/cert.pem\"}, {secure_renegotiate, true}, {depth,0}]}, % ours\n"
                 " {client, [{verify,verify_peer},{versions,['tlsv1.2','tlsv1.3']}]}].\n"),
            "[{server,[{certfile,\"etc/certs/cert.pem\"},{secure_renegotiate,true},{depth,0}]},"
            "{client,[{verify,verify_peer},{versions,['tlsv1.2','tlsv1.3']}]}]\n");
}

TEST(TermText, ReadsSeveralTermsAndSaysWhereTheyBegin) {
  const auto terms = parse_terms(
      "{allow, {user, \"dashboard\"}, subscribe, [\"$SYS/#\"]}.\n"
      "\n"
      "%% nobody else\n"
      "{deny, all, subscribe, [\"$SYS/#\", {eq, \"#\"}]}.\n"
      "{allow, all}.");
  ASSERT_TRUE(terms.has_value()) << terms.error().message;
  ASSERT_EQ(terms->size(), 3u);
  EXPECT_EQ((*terms)[0].line, 1);
  EXPECT_EQ((*terms)[1].line, 4);
  EXPECT_EQ((*terms)[2].line, 5);
  EXPECT_EQ((*terms)[2].term, Term::tuple({Term::atom("allow"), Term::atom("all")}));
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("% nothing"), "");
}

TEST(TermText, ReadsEveryKindOfTerm) {
  EXPECT_EQ(read("{-7, +7, 16#fF, 2#101, 1_000, $a, $\\n, -$a}."), "{-7,7,255,5,1000,97,10,-97}\n");
  EXPECT_EQ(read("{1.5, -2.5e3, 1.0E-2}."), "{1.5,-2500,0.01}\n");
  EXPECT_EQ(read("['a b', 'it\\'s', a@b_C9, 'Up', ok]."), "['a b','it\\'s',a@b_C9,'Up',ok]\n");
  EXPECT_EQ(read("[<<>>, <<\"bin\">>, <<\"a\", 98, $c>>, <<\"x\"/utf8>>]."),
            "[<<\"\">>,<<\"bin\">>,<<\"abc\">>,<<\"x\">>]\n");
  EXPECT_EQ(read("#{a => 1, \"b\" => []}."), "#{a => 1,\"b\" => []}\n");
  EXPECT_EQ(read("[a|b]. [a|[b,c]]. [a|[b|c]]. [a|\"b\"]."), "[a|b]\n[a,b,c]\n[a,b|c]\n[a,98]\n");
  EXPECT_EQ(read("{}. [ ]. \"\"."), "{}\n[]\n\"\"\n");
  EXPECT_EQ(read("\"two\"\n \"pieces\"."), "\"twopieces\"\n");
}

TEST(TermText, ReadsEscapesOfTexts) {
  const auto terms = parse_terms("\"\\t\\\\\\\"\\x41\\x{e4}\\101\\^A\\s\\q\".");
  ASSERT_TRUE(terms.has_value()) << terms.error().message;
  EXPECT_EQ((*terms)[0].term.text,
            "\t\\\"A\xC3\xA4"
            "A\x01 q");
  EXPECT_EQ(parse_terms("\"ä\".")->at(0).term.text, "ä");
}

TEST(TermText, SaysWhereAMistakeIs) {
  EXPECT_EQ(read("{a, b"), "line 1, column 6: expected , or } but the file ends");
  EXPECT_EQ(read("[{server,\n  [{depth 3}]}]."), "line 2, column 11: expected , or } but found 3");
  EXPECT_EQ(read("{a}"), "line 1, column 4: expected a full stop behind the term but the file ends");
  EXPECT_EQ(read("{a} {b}."), "line 1, column 5: expected a full stop behind the term but found {");
  EXPECT_EQ(read("\n  {allow, All}."), "line 2, column 11: expected a term but found All");
  EXPECT_EQ(read("{a, \"open}."), "line 1, column 5: this \" is not closed");
  EXPECT_EQ(read("{a,}."), "line 1, column 4: expected a term but found }");
  EXPECT_EQ(read("[1,2|3,4]."), "line 1, column 7: expected , or ] but found ,");
  EXPECT_EQ(read("#{a => 1, b}."), "line 1, column 12: expected => but found }");
  EXPECT_EQ(read("<<256>>."), "line 1, column 3: expected a string or a byte");
  EXPECT_EQ(read("99999999999999999999."), "line 1, column 1: this number has more than 64 bits");
  EXPECT_EQ(read("37#1."), "line 1, column 1: numbers have a base from 2 to 36");
  EXPECT_EQ(read("1.0e999."), "line 1, column 1: this number is too large");
  EXPECT_EQ(read("\"\\x{110000}\"."), "line 1, column 2: this escape means no character");
  EXPECT_EQ(read("\"\\"), "line 1, column 2: the file ends within an escape");
  EXPECT_EQ(read("$\\"), "line 1, column 2: the file ends within an escape");
  EXPECT_EQ(read(std::string(10'000, '{')), "line 1, column 66: nested too deeply");
}

}  // namespace
}  // namespace meshmq::erldist
