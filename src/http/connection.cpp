#include "http/connection.hpp"

#include "http/stream_connection.hpp"

namespace meshmq::http {

std::shared_ptr<Connection> make_connection(boost::asio::ip::tcp::socket socket, ConnectionSetup setup) {
  return std::make_shared<StreamConnection<boost::beast::tcp_stream>>(std::move(setup), std::move(socket));
}

}  // namespace meshmq::http
