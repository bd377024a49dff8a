#include "delivery/curl/transfer.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace winnow::delivery {

namespace {

std::string seconds_text(std::chrono::milliseconds duration)
{
    const auto count = duration.count();
    if (count % 1'000 == 0) return std::to_string(count / 1'000) + " s";
    return std::to_string(count) + " ms";
}

bool is_connected(CURL* transfer)
{
    curl_off_t connected = 0;
    curl_off_t asked = 0;  // the only one of the two on a connection that is used again
    curl_easy_getinfo(transfer, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(transfer, CURLINFO_PRETRANSFER_TIME_T, &asked);
    return connected > 0 || asked > 0;
}

std::string describe_certificate(CURL* transfer, const std::string& peer)
{
    // OpenSSL's verification results (openssl-verify(1)).
    constexpr long kNotSaid = 1;  // the chain is good: libcurl itself compares the names, after OpenSSL
    constexpr long kExpired = 10;
    constexpr long kSelfSigned = 18;
    constexpr long kSelfSignedInChain = 19;
    constexpr long kNoIssuer = 20;
    constexpr long kNoIssuerForLeaf = 21;
    long result = 0;
    curl_easy_getinfo(transfer, CURLINFO_SSL_VERIFYRESULT, &result);
    switch (result) {
        case 0:
        case kNotSaid: return peer + "'s certificate is for another host name.";
        case kExpired: return peer + "'s certificate has expired.";
        case kSelfSigned:
        case kSelfSignedInChain:
        case kNoIssuer:
        case kNoIssuerForLeaf: return peer + "'s certificate is not from an authority that is trusted here.";
        default: return peer + "'s certificate is not valid.";
    }
}

}  // namespace

void append(TextList& list, const std::string& text)
{
    auto* const longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr) throw std::runtime_error("libcurl: out of memory");
    std::ignore = list.release();
    list.reset(longer);
}

void set_common(CURL* transfer, const DeliveryOptions& options, const char* protocols, const std::string& ca_file)
{
    constexpr long kIdleSeconds = 30;  // a connection that rested longer has likely been dropped on the way
    set(transfer, CURLOPT_PROTOCOLS_STR, protocols);
    set(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    set(transfer, CURLOPT_PROXY, "");
    set(transfer, CURLOPT_NOSIGNAL, 1L);
    set(transfer, CURLOPT_QUICK_EXIT, 1L);  // a name that does not resolve must not hold the thread
    set(transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(options.total_timeout.count()));
    set(transfer, CURLOPT_MAXAGE_CONN, kIdleSeconds);
    set(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
    set(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
    set(transfer, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!ca_file.empty()) {
        set(transfer, CURLOPT_CAINFO, ca_file.c_str());
        set(transfer, CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // instead of the system's, not beside them
    }
}

int reply_code(CURL* transfer)
{
    long code = 0;
    curl_easy_getinfo(transfer, CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
}

ports::SendReport::Heard heard_of(CURLcode end)
{
    using Heard = ports::SendReport::Heard;
    switch (end) {
        case CURLE_OPERATION_TIMEDOUT: return Heard::timeout;
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_HTTP2: return Heard::answer;
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_OUT_OF_MEMORY:
        case CURLE_FAILED_INIT: return Heard::nothing;
        default: return Heard::silence;
    }
}

std::string describe_failure(CURL* transfer, CURLcode end, std::string_view peer, const DeliveryOptions& options)
{
    const std::string name(peer);
    switch (end) {
        case CURLE_COULDNT_RESOLVE_HOST: return name + "'s host name could not be resolved.";
        case CURLE_COULDNT_CONNECT: return name + " could not be reached: no connection.";
        case CURLE_OPERATION_TIMEDOUT:
            if (!is_connected(transfer)) {
                return name + " could not be reached within " +
                       seconds_text(std::min(options.connect_timeout, options.total_timeout)) + ".";
            }
            return name + " did not answer within " + seconds_text(options.total_timeout) + ".";
        case CURLE_PEER_FAILED_VERIFICATION: return describe_certificate(transfer, name);
        case CURLE_SSL_CONNECT_ERROR: return "No secure connection: the TLS handshake failed.";
        case CURLE_USE_SSL_FAILED: return name + " does not offer TLS, which is required.";
        case CURLE_SSL_CACERT_BADFILE: return "This service cannot read the authorities that it is to trust.";
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE: return name + " closed the connection without an answer.";
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_HTTP2: return name + "'s answer cannot be understood.";
        default: return name + " could not be told: the transfer failed.";
    }
}

}  // namespace winnow::delivery
