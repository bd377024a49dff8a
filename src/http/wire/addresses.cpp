#include "winnow/http/addresses.hpp"

#include <boost/asio/ip/address.hpp>

namespace winnow::http {

bool is_ip_address(const std::string& text)
{
    boost::system::error_code failure;
    boost::asio::ip::make_address(text, failure);
    return !failure;
}

}  // namespace winnow::http
