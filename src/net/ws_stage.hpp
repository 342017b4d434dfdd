#pragma once
// WebSocket on one connection (RFC 6455; MQTT 5, section 6).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "front/deflate.hpp"
#include "front/upgrade.hpp"
#include "front/ws_frame_reader.hpp"
#include "front/ws_frame_writer.hpp"
#include "net/stage.hpp"

namespace meshmq::net {

/// Named as the last parts of the keys listener.ws.<name>.*.
struct WsOptions {
  front::UpgradeOptions upgrade = {};
  std::size_t max_frame_size = 0;  ///< of the client's frames and messages; 0: no limit
  bool piggyback_multiple = true;  ///< mqtt_piggyback: several MQTT packets in one of our messages
};

/// Handshake, then a stream of bytes in binary messages: where those begin and end means nothing
/// [MQTT-6.0.0-2]. Holds the request until it is answered; afterwards nothing, but for what compression
/// remembers if both sides want that.
class WsStage final : public Stage {
 public:
  explicit WsStage(std::shared_ptr<const WsOptions> options);
  ~WsStage() override;

  StageStatus receive(std::string_view& bytes, StageIo& io) override;
  bool send(std::span<const iovec> plain, std::string& down) override;
  void close(std::string& down) override;
  void describe(broker::Peer& peer) const override;
  std::string error() const override { return error_; }

 private:
  enum class State : std::uint8_t { handshake, open, closed, failed };

  /// Of messages that are compressed: what zlib keeps, and what it has not taken yet.
  struct Compression {
    explicit Compression(const front::DeflateParams& params) : inflator(params), deflator(params) {}
    front::Inflator inflator;
    front::Deflator deflator;
    std::string packed;         ///< of the client's message
    std::uint64_t plain = 0;    ///< bytes that the client's message has made so far
    bool message_ended = true;  ///< nothing will follow in `packed`
    bool within = false;        ///< a message of ours is
  };

  bool shake_hands(std::string_view& bytes, StageIo& io);
  bool refuse(const front::UpgradeAnswer& answer, StageIo& io);
  StageStatus read_frames(std::string_view& bytes, StageIo& io);
  void on_data(std::size_t before, StageIo& io);
  void on_control(StageIo& io);
  void inflate(StageIo& io);
  void fail(front::WsCode code, const std::string& why, std::string& down);
  StageStatus status() const;
  bool inflating() const;
  void send_message(std::span<const iovec> plain, std::size_t size, front::WsFrameHead head,
                    std::string& down);
  void send_by_packet(std::span<const iovec> plain, std::string& down);

  std::shared_ptr<const WsOptions> options_;
  front::WsFrameReader reader_;
  front::MqttBoundary boundary_;  ///< of what we send
  std::unique_ptr<Compression> compression_;
  std::string request_;
  std::string peername_;
  std::string error_;
  State state_ = State::handshake;
  bool within_message_ = false;  ///< of ours, which consists of one packet
};

}  // namespace meshmq::net
