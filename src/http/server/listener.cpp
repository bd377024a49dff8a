#include "http/server/listener.hpp"

namespace winnow::http {

ListenerMetrics::ListenerMetrics(observe::Metrics& metrics, const std::string& listener)
    : open(metrics.gauge("winnow_http_connections", "Open connections.", {{"listener", listener}})),
      accepted(metrics.counter("winnow_http_connections_total", "Accepted connections.", {{"listener", listener}})),
      handshake_failures(metrics.counter("winnow_http_handshake_failures_total", "TLS handshakes that failed.",
                                         {{"listener", listener}})),
      received_bytes(metrics.counter("winnow_http_received_bytes_total", "Bytes of requests, decrypted.",
                                     {{"listener", listener}})),
      sent_bytes(metrics.counter("winnow_http_sent_bytes_total", "Bytes of responses, before encryption.",
                                 {{"listener", listener}}))
{
    for (std::size_t digit = 1; digit < responses.size(); ++digit) {
        responses[digit] = metrics.counter("winnow_http_requests_total", "Requests answered, by class of status.",
                                           {{"listener", listener}, {"class", std::to_string(digit) + "xx"}});
    }
    for (std::size_t why = 0; why < cut_short.size(); ++why) {
        cut_short[why] =
            metrics.counter("winnow_http_answers_cut_short_total", "Streams that ended before their end, by reason.",
                            {{"listener", listener}, {"reason", std::string(kCutShort[why])}});
    }
}

}  // namespace winnow::http
