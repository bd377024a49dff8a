#pragma once

/// @file
/// A server whose answers are sources.

#include "https_fixture.hpp"
#include "sources.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace winnow::http {

using test::ClientError;
using test::TlsClient;
using Clock = std::chrono::steady_clock;

inline constexpr std::size_t kMega = std::size_t{1} << 20U;

class Streaming : public HttpsTest {
protected:
    /// Every answer's body is such a source.
    void answer_with(WatchedSource::Answer answer)
    {
        handler_.on_handle = [this, answer = std::move(answer)](const Request&, ResponseSink sink) {
            sink(Response(200, "text/plain", std::make_unique<WatchedSource>(watch_, answer)));
        };
    }

    void answer_with_words()
    {
        answer_with([](std::size_t number, PieceSink sink) {
            const std::string words[] = {"one ", "", "two ", "three"};
            sink(number == 3 ? Piece::last(words[3]) : Piece::more(words[number]));
        });
    }

    void answer_endlessly(std::size_t bytes)
    {
        handler_.on_handle = [this, bytes](const Request&, ResponseSink sink) {
            sink(Response(200, "text/plain", endless(watch_, bytes)));
        };
    }

    void wait_until_it_drains()
    {
        while (true) {
            try {
                const TlsClient another(port());
            } catch (const ClientError&) {
                return;
            }
        }
    }

    /// Holds for `condition` within ten seconds.
    template <typename Condition>
    static bool soon(Condition condition)
    {
        const auto until = Clock::now() + 10s;
        while (!condition()) {
            if (Clock::now() > until) return false;
            std::this_thread::yield();
        }
        return true;
    }

    static std::string cut_short(const std::string& reason, int times)
    {
        return "winnow_http_answers_cut_short_total{listener=\"customer\",reason=\"" + reason + "\"} " +
               std::to_string(times);
    }

    double sent_bytes()
    {
        const std::string name = "winnow_http_sent_bytes_total{listener=\"customer\"} ";
        const auto text = metrics_.exposition();
        return std::stod(text.substr(text.find(name) + name.size()));
    }

    std::shared_ptr<Watch> watch_ = std::make_shared<Watch>();
};

}  // namespace winnow::http
