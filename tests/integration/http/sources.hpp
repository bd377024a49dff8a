#pragma once

/// @file
/// Bodies that a test makes piece by piece, and watches.

#include "winnow/http/body.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace winnow::http {

/// What a test sees of a source, from any thread and after its end.
struct Watch {
    std::atomic<std::size_t> pulls = 0;
    std::atomic<std::size_t> pulled_bytes = 0;
    std::atomic<bool> freed = false;
};

/// Answers each pull as `answer` does.
class WatchedSource final : public BodySource {
public:
    using Answer = std::function<void(std::size_t number, PieceSink sink)>;

    WatchedSource(std::shared_ptr<Watch> watch, Answer answer) : watch_(std::move(watch)), answer_(std::move(answer)) {}
    ~WatchedSource() override { watch_->freed = true; }
    WatchedSource(const WatchedSource&) = delete;
    WatchedSource& operator=(const WatchedSource&) = delete;

    void pull(PieceSink sink) override { answer_(watch_->pulls++, std::move(sink)); }

private:
    const std::shared_ptr<Watch> watch_;
    const Answer answer_;
};

/// Pieces of so many bytes without end, each at once.
inline std::unique_ptr<BodySource> endless(const std::shared_ptr<Watch>& watch, std::size_t bytes)
{
    return std::make_unique<WatchedSource>(watch, [watch, bytes](std::size_t, PieceSink sink) {
        watch->pulled_bytes += bytes;
        sink(Piece::more(std::string(bytes, 'x')));
    });
}

}  // namespace winnow::http
