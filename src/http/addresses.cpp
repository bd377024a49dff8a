#include "winnow/http/addresses.hpp"

#include "http/forwarded.hpp"

#include <boost/asio/ip/address.hpp>

namespace winnow::http {

bool is_ip_address(const std::string& text)
{
    boost::system::error_code failure;
    boost::asio::ip::make_address(text, failure);
    return !failure;
}

bool is_ip_network(const std::string& text)
{
    return Network::parse(text).has_value();
}

}  // namespace winnow::http
