#pragma once

/// @file
/// What every transfer has in common, and owners for libcurl's handles. Private to delivery.

#include "winnow/delivery/channel.hpp"

#include <curl/curl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace winnow::delivery {

struct HandleDeleter {
    void operator()(CURL* transfer) const noexcept { curl_easy_cleanup(transfer); }
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Transfer = std::unique_ptr<CURL, HandleDeleter>;
using TextList = std::unique_ptr<curl_slist, HandleDeleter>;

/// Numbers are `long` or `curl_off_t`, as the option wants it.
template <typename Value>
void set(CURL* transfer, CURLoption option, Value value)
{
    const auto code = curl_easy_setopt(transfer, option, value);
    if (code != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

void append(TextList& list, const std::string& text);

/// Limits, certificate checks, and nothing from the environment: no proxy, no netrc, no signals.
/// @param protocols comma-separated; nothing else is spoken.
/// @param ca_file   "" : the system's.
void set_common(CURL* transfer, const DeliveryOptions& options, const char* protocols, const std::string& ca_file);

[[nodiscard]] int reply_code(CURL* transfer);

/// How the peer of a transfer without a final status behaved.
[[nodiscard]] ports::SendReport::Heard heard_of(CURLcode end);

/// Why no answer came, as a sentence for the tenant without addresses or libcurl's words.
/// @param peer "The receiver", "The mail server".
[[nodiscard]] std::string describe_failure(CURL* transfer, CURLcode end, std::string_view peer,
                                           const DeliveryOptions& options);

}  // namespace winnow::delivery
