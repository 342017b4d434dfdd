#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "erldist/epmd.hpp"
#include "erldist/frame.hpp"
#include "erldist/handshake.hpp"
#include "erldist/peer.hpp"
#include "erldist/services.hpp"
#include "erldist/term.hpp"

namespace meshmq::erldist {
namespace {

Term sample_term() {
  return Term::tuple(
      {Term::atom("ok"), Term::of(7), Term::of(-70000), Term::of(1LL << 40), Term::binary("bin"),
       Term::string("str"), Term::list({Term::of(1000), Term::atom("x y")}), make_pid("a@h", 5, 0, 9),
       make_reference("a@h", 9, 77), Term{.kind = Term::Kind::map, .items = {Term::atom("k"), Term::of(1)}},
       Term{.kind = Term::Kind::list,
            .improper = true,
            .items = {Term::atom("alias"), make_reference("a@h", 1, 2)}},
       Term{.kind = Term::Kind::real, .real = 1.5}});
}

TEST(Terms, WhatIsEncodedIsDecoded) {
  std::string bytes;
  encode_term(sample_term(), bytes);
  std::string_view view = bytes;
  const auto back = decode_term(view);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(*back, sample_term());
  EXPECT_TRUE(view.empty());
}

TEST(Terms, EveryPrefixAndAThousandMutationsAreSurvived) {
  std::string bytes;
  encode_term(sample_term(), bytes);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    std::string_view cut = std::string_view(bytes).substr(0, n);
    EXPECT_FALSE(decode_term(cut).has_value()) << n;
  }
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string mutated = bytes;
    for (std::uint64_t k = 0; k <= random.below(3); ++k) {
      mutated[random.below(mutated.size())] = static_cast<char>(random.next());
    }
    std::string_view view = mutated;
    const auto term = decode_term(view);
    if (term) print(*term);
  }
}

TEST(Terms, NestingIsLimited) {
  std::string deep("\x83", 1);
  for (int i = 0; i < 10'000; ++i) deep += std::string("\x68\x01", 2);
  deep += '\x6a';
  std::string_view view = deep;
  EXPECT_FALSE(decode_term(view).has_value());
}

TEST(Terms, PrintLikeErlang) {
  EXPECT_EQ(print_atom("meshmq@127.0.0.1"), "'meshmq@127.0.0.1'");
  EXPECT_EQ(print_atom("a@h"), "a@h");
  EXPECT_EQ(print_atom("receive"), "'receive'");
  EXPECT_EQ(print(Term::tuple({Term::atom("node_down"), Term::atom("n@1.2")})), "{node_down,'n@1.2'}");
  EXPECT_EQ(print(Term::binary("hi")), "<<\"hi\">>");
  EXPECT_EQ(print(Term::list({Term::of(1), Term::string("ab")})), "[1,\"ab\"]");
  EXPECT_EQ(*text_of(Term::list({Term::of('a'), Term::binary("bc")})), "abc");
}

TEST(Names, AreTakenApart) {
  EXPECT_EQ(parse_node_name("meshmq@10.0.0.1")->host, "10.0.0.1");
  for (const char* bad : {"", "x", "@h", "n@", "a@b@c", "a b@h"}) EXPECT_FALSE(parse_node_name(bad)) << bad;
  const auto forward = parse_forward_name(forward_name("meshmq@10.0.0.1", 12));
  ASSERT_TRUE(forward.has_value());
  EXPECT_EQ(forward->node, "meshmq@10.0.0.1");
  EXPECT_EQ(forward->worker, 12);
  EXPECT_FALSE(parse_forward_name("meshmq@h"));
  EXPECT_FALSE(parse_forward_name("meshmq.fwdx@h"));
}

TEST(EpmdBytes, AreThoseOfTheRealOne) {
  // A request and a reply captured from OTP 25.
  const std::string expected("\x00\x10\x78\x15\xb3\x48\x00\x00\x06\x00\x05\x00\x03py1\x00\x00", 18);
  EXPECT_EQ(epmd::encode_register("py1", {.port = 0x15b3, .type = epmd::NodeType::hidden}), expected);
  const auto registered = epmd::decode_registered(std::string_view("\x76\x00\x6b\x04\x22\xf8", 6));
  ASSERT_TRUE(registered.has_value() && registered->has_value());
  EXPECT_EQ((*registered)->creation, 0x6b0422f8U);
  EXPECT_FALSE(epmd::decode_registered(std::string_view("\x76\x00", 2)).has_value());
  const auto found =
      epmd::decode_lookup(std::string_view("\x77\x00\xb2\xfd\x4d\x00\x00\x06\x00\x05\x00\x02"
                                           "a1\x00\x00",
                                           16));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->port, 0xb2fd);
  EXPECT_EQ(epmd::decode_lookup(std::string_view("\x77\x01", 2)).error().code, Errc::not_found);
}

TEST(EpmdServer, HoldsANameAsLongAsItsConnection) {
  epmd::Server server(4369, 10);
  const std::string request = epmd::encode_register("n", {.port = 5000}).substr(2);
  auto reply = server.handle(1, request, true);
  EXPECT_FALSE(reply.close);
  EXPECT_EQ(epmd::decode_lookup(server.handle(2, "zn", false).bytes)->port, 5000);
  EXPECT_TRUE(server.handle(3, request, true).close) << "the name is taken";
  EXPECT_FALSE((*epmd::decode_registered(server.handle(3, request, true).bytes))->ok);
  EXPECT_EQ(server.handle(2, "n", false).bytes.substr(4), "name n at port 5000\n");
  server.closed(1);
  EXPECT_FALSE(epmd::decode_lookup(server.handle(2, "zn", false).bytes).has_value());
  EXPECT_TRUE(server.handle(4, request, false).bytes.empty()) << "only loopback registers";
  EXPECT_TRUE(server.register_self("me", 1));
  EXPECT_FALSE(server.register_self("me", 1));
}

class HandshakeTest : public ::testing::Test {
 protected:
  static Identity identity(const std::string& name, const std::string& cookie = "secret") {
    return {name, cookie, flag::ours, 5};
  }
  void call(const std::string& cookie_a = "secret", bool wide = false) {
    a.emplace(Handshake::connect(identity("a@h", cookie_a), "b@h", 111, wide, now));
    b.emplace(Handshake::accept(identity("b@h"), 222, wide, now));
  }
  /// Carries bytes one at a time until both are silent.
  void carry() {
    for (;;) {
      const std::string to_b = a->take_output();
      const std::string to_a = b->take_output();
      if (to_a.empty() && to_b.empty()) return;
      for (const char c : to_b) b->feed({&c, 1}, now);
      for (const char c : to_a) a->feed({&c, 1}, now);
      if (b->wants_welcome() && decide) b->welcome(*decide, now);
    }
  }

  Now now{TimePoint(Duration(1000)), 0};
  std::optional<Handshake> a;
  std::optional<Handshake> b;
  std::optional<Welcome> decide = Welcome::ok;
};

TEST_F(HandshakeTest, TwoNodesWithOneCookieMeet) {
  for (const bool wide : {false, true}) {
    call("secret", wide);
    carry();
    ASSERT_TRUE(a->done() && b->done()) << a->reason() << b->reason();
    EXPECT_EQ(b->peer().name, "a@h");
    EXPECT_EQ(a->peer().flags, flag::ours);
    EXPECT_EQ(a->peer().creation, 5U);
  }
}

TEST_F(HandshakeTest, AWrongCookieIsNoticedByBothSides) {
  call("wrong");
  carry();
  EXPECT_EQ(b->error(), HandshakeError::cookie_refused);
  a->closed();
  EXPECT_EQ(a->error(), HandshakeError::cookie_refused);
  EXPECT_NE(b->reason().find("'a@h' rejected. Invalid challenge reply."), std::string::npos);
}

TEST_F(HandshakeTest, ADeadConnectionIsReplacedOnRequest) {
  decide = Welcome::alive;
  call();
  carry();
  EXPECT_TRUE(a->done() && b->done());
}

TEST_F(HandshakeTest, ASecondNodeOfOneNameIsToldSo) {
  decide = Welcome::duplicate;
  call();
  carry();
  EXPECT_EQ(a->error(), HandshakeError::duplicate);
  EXPECT_EQ(b->error(), HandshakeError::duplicate);
}

TEST_F(HandshakeTest, OfTwoCallsAtOnceOneGoesOn) {
  decide = Welcome::nok;
  call();
  carry();
  EXPECT_EQ(a->error(), HandshakeError::simultaneous);
  EXPECT_EQ(b->error(), HandshakeError::simultaneous);
  decide = Welcome::ok_simultaneous;
  call();
  carry();
  EXPECT_TRUE(a->done() && b->done());
}

TEST_F(HandshakeTest, AnotherNameThanTheOneCalledIsRefused) {
  call();
  b.emplace(Handshake::accept(identity("c@h"), 222, false, now));
  carry();
  EXPECT_EQ(a->error(), HandshakeError::wrong_name);
}

TEST_F(HandshakeTest, MissingFlagsAreNamed) {
  Identity old = identity("a@h");
  old.flags &= ~flag::utf8_atoms;
  call();
  a.emplace(Handshake::connect(old, "b@h", 111, false, now));
  carry();
  EXPECT_EQ(b->error(), HandshakeError::not_allowed);
  EXPECT_NE(b->reason().find("UTF8_ATOMS"), std::string::npos);
  EXPECT_EQ(a->error(), HandshakeError::not_allowed);
}

TEST_F(HandshakeTest, AnOldCallerSaysItsFlagsInTwoParts) {
  decide.reset();
  b.emplace(Handshake::accept(identity("b@h"), 222, false, now));
  std::string name;
  ByteWriter w(name);
  w.u16(7 + 3);
  w.u8('n');
  w.u16(5);
  w.u32(static_cast<std::uint32_t>(flag::ours));
  w.bytes("a@h");
  b->feed(name, now);
  ASSERT_TRUE(b->wants_welcome());
  b->welcome(Welcome::ok, now);
  EXPECT_EQ(b->take_output().substr(0, 5), std::string("\0\3sok", 5));
  std::string rest;
  ByteWriter c(rest);
  c.u16(9);
  c.u8('c');
  c.u32(static_cast<std::uint32_t>(flag::ours >> 32));
  c.u32(3);
  c.u16(21);
  c.u8('r');
  c.u32(9);
  c.bytes(digest("secret", 222));
  b->feed(rest + "more", now);
  EXPECT_TRUE(b->done());
  EXPECT_EQ(b->peer().flags, flag::ours);
  EXPECT_EQ(b->take_rest(), "more");
}

TEST_F(HandshakeTest, GarbageAndSilenceEndIt) {
  b.emplace(Handshake::accept(identity("b@h"), 222, false, now));
  b->feed("GET / HTTP/1.1\r\n\r\n", now);
  EXPECT_EQ(b->error(), HandshakeError::malformed);
  call();
  now.mono += Handshake::step_wait;
  a->tick(now);
  b->tick(now);
  EXPECT_EQ(a->error(), HandshakeError::timed_out);
  EXPECT_EQ(b->error(), HandshakeError::timed_out);
  Random random(3);
  for (int i = 0; i < 5000; ++i) {
    Handshake h = Handshake::accept(identity("b@h"), 222, false, now);
    std::string noise(2, '\0');
    noise[1] = static_cast<char>(random.below(40));
    while (noise.size() < 60)
      noise += static_cast<char>(random.percent(20) ? 'N' : static_cast<char>(random.next()));
    h.feed(noise, now);
    if (h.wants_welcome()) h.welcome(Welcome::ok, now);
    EXPECT_FALSE(h.done());
  }
}

TEST(Digest, IsMd5OfCookieAndNumber) {
  static const char* const hex = "0123456789abcdef";
  std::string text;
  for (const char c : digest("secret", 42)) {
    text += hex[static_cast<unsigned char>(c) >> 4];
    text += hex[c & 15];
  }
  EXPECT_EQ(text, "5ce06e46867de8252365147b667f1c20") << "md5sum of secret42";
}

TEST(Frames, AreCutAnywhereAndReadTheSame) {
  const BinarySender sender(make_pid("a@h", 1, 0, 1), "meshmq_forward");
  std::string stream;
  sender.append("one", stream);
  stream += tick_frame;
  sender.append(std::string(1000, 'x'), stream);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader reader(2000);
    std::string seen;
    const auto take = [&](std::string_view body) {
      if (body.empty()) {
        seen += "tick ";
        return true;
      }
      const auto control = decode_control(body);
      EXPECT_TRUE(control.has_value());
      const auto binary = binary_of(*control);
      EXPECT_TRUE(binary.has_value());
      seen += std::to_string(binary->size()) + " ";
      return true;
    };
    ASSERT_TRUE(reader.feed(stream.substr(0, cut), take).has_value());
    ASSERT_TRUE(reader.feed(stream.substr(cut), take).has_value());
    EXPECT_EQ(seen, "3 tick 1000 ") << cut;
  }
  FrameReader small(500);
  EXPECT_EQ(small.feed(stream, [](std::string_view) { return true; }).error().code, Errc::limit_exceeded);
}

TEST(Ticks, AreDueAfterAQuarterAndDeathAfterTheWhole) {
  Now now{TimePoint(Duration(0)), 0};
  TickTimer timer(std::chrono::seconds(8), now);
  now.mono += std::chrono::seconds(2);
  EXPECT_TRUE(timer.tick_due(now));
  timer.sent(now);
  EXPECT_FALSE(timer.tick_due(now));
  now.mono += std::chrono::seconds(5);
  EXPECT_FALSE(timer.dead(now));
  now.mono += std::chrono::seconds(1);
  EXPECT_TRUE(timer.dead(now));
}

class ServicesTest : public ::testing::Test {
 protected:
  void ask(const Term& control, const Term& message) {
    const std::string frame = encode_frame(control, &message);
    const auto decoded = decode_control(std::string_view(frame).substr(4));
    ASSERT_TRUE(decoded.has_value());
    services.handle(*decoded, out, calls);
  }
  void gen_call(const std::string& name, const Term& request) {
    ask(Term::tuple({Term::of(6), caller, Term::atom(""), Term::atom(name)}),
        Term::tuple({Term::atom("$gen_call"), Term::tuple({caller, tag}), request}));
  }
  /// "operation:message" of the frames sent so far.
  std::string answers() {
    std::string result;
    FrameReader reader(10'000);
    EXPECT_TRUE(reader
                    .feed(out,
                          [&](std::string_view body) {
                            const auto control = decode_control(body);
                            EXPECT_TRUE(control.has_value());
                            result += std::to_string(static_cast<int>(control->operation)) + ":";
                            std::string_view bytes = control->message;
                            if (!bytes.empty()) result += print(*decode_term(bytes));
                            if (control->operation == Operation::monitor_p_exit)
                              result += print(control->fields[3]);
                            result += " ";
                            return true;
                          })
                    .has_value());
    out.clear();
    return result;
  }

  Services services{"m@h", 7};
  Term caller = make_pid("erl@h", 3, 0, 1);
  Term tag = Term{.kind = Term::Kind::list,
                  .improper = true,
                  .items = {Term::atom("alias"), make_reference("erl@h", 1, 2)}};
  std::string out;
  std::vector<RpcCall> calls;
};

TEST_F(ServicesTest, APingIsAnsweredWithTheTagItCameWith) {
  gen_call("net_kernel", Term::tuple({Term::atom("is_auth"), Term::atom("erl@h")}));
  EXPECT_EQ(answers(), "2:{[alias|<opaque>],yes} ");
}

TEST_F(ServicesTest, AnOldRemoteCallReachesTheOwner) {
  gen_call("rex", Term::tuple({Term::atom("call"), Term::atom("m"), Term::atom("f"),
                               Term::list({Term::string("x"), Term::of(1000)}), caller}));
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].function, "f");
  EXPECT_EQ(calls[0].arguments.size(), 2U);
  services.print(calls[0].id, "text\n", out);
  services.answer(calls[0].id, Term::atom("done"), out);
  EXPECT_EQ(
      answers(),
      "2:{io_request,<opaque>,<opaque>,{put_chars,unicode,<<\"text\\n\">>}} 2:{[alias|<opaque>],done} ");
  services.answer(calls[0].id, Term::atom("again"), out);
  EXPECT_EQ(answers(), "");
}

TEST_F(ServicesTest, ANewRemoteCallIsASpawnedProcessThatEnds) {
  const Term function = Term::tuple({Term::atom("erpc"), Term::atom("execute_call"), Term::of(4)});
  const Term control =
      Term::tuple({Term::of(29), tag, caller, caller, function, Term::list({Term::atom("monitor")})});
  ask(control, Term::list({tag, Term::atom("m"), Term::atom("f"), Term::list({})}));
  ASSERT_EQ(calls.size(), 1U);
  services.answer(calls[0].id, Term::of(42), out);
  EXPECT_EQ(answers(), "31: 21:{[alias|<opaque>],return,42} ");
}

TEST_F(ServicesTest, ARemoteCastIsCarriedOutAndNotAnswered) {
  const Term function = Term::tuple({Term::atom("erpc"), Term::atom("execute_cast"), Term::of(3)});
  const Term no_reply = Term::list({Term::tuple({Term::atom("reply"), Term::atom("no")})});
  ask(Term::tuple({Term::of(29), tag, caller, caller, function, no_reply}),
      Term::list({Term::atom("m"), Term::atom("f"), Term::list({Term::of(1000)})}));
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].function, "f");
  EXPECT_EQ(calls[0].arguments.size(), 1U);
  services.answer(calls[0].id, Term::of(42), out);
  EXPECT_EQ(answers(), "");
}

TEST_F(ServicesTest, OtherSpawnsAreNotSupportedAndOtherNamesSilent) {
  const Term function = Term::tuple({Term::atom("os"), Term::atom("cmd"), Term::of(1)});
  ask(Term::tuple({Term::of(29), tag, caller, caller, function, Term::list({})}),
      Term::list({Term::string("rm")}));
  EXPECT_EQ(answers(), "31: ");
  gen_call("somebody", Term::atom("hello"));
  EXPECT_EQ(answers(), "");
  EXPECT_TRUE(calls.empty());
}

TEST_F(ServicesTest, ClientAndServerUnderstandEachOther) {
  RpcClient client("ctl@h", 1);
  const std::string request = client.call("m", "f", {Term::string("word")});
  services.handle(*decode_control(std::string_view(request).substr(4)), out, calls);
  ASSERT_EQ(calls.size(), 1U);
  services.answer(calls[0].id, Term::tuple({Term::of(0), Term::binary("text")}), out);
  std::string reply;
  EXPECT_TRUE(client.handle(*decode_control(std::string_view(out).substr(4)), reply));
  EXPECT_EQ(print(client.result()), "{0,<<\"text\">>}");
}

}  // namespace
}  // namespace meshmq::erldist
