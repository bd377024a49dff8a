#pragma once

/// @file
/// Server-Sent Events (WHATWG HTML, "Server-sent events"): an answer that goes on for as long as its reader listens. It
/// costs its connection and no thread: events are put in by whoever has them, and go out when the reader takes them.

#include "winnow/http/message.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace winnow::http {

/// One event. Line ends in `id` and `name` are left out, as is an id with U+0000, which readers ignore.
struct Event {
    std::string name;  ///< What listeners are registered for; "": "message".
    std::string data;  ///< Any text; readers get its line ends (CR, LF or CR LF) as LF.
    std::string id;    ///< What a reader that comes back sends as Last-Event-ID; "": as before.
};

/// The event as it stands in the stream, with the empty line that ends it. Pure.
[[nodiscard]] std::string event_text(const Event& event);

/// The writer's end of one stream. Thread-safe; whoever holds it may outlive the answer, and the other way around:
/// when the last one who holds it lets go the stream ends in order.
class EventStream {
public:
    struct Options {
        /// A comment after so long without an event, by which reader and proxies see that the stream is alive.
        std::chrono::milliseconds heartbeat{15'000};
        /// So long a reader that lost the stream waits before it comes back.
        std::chrono::milliseconds retry{2'000};
        /// Of events that wait for a slow reader. Beyond it they are thrown away, and `missed` stands for them.
        std::size_t max_waiting_bytes = std::size_t{256} << 10U;
        Event missed{.name = "resync", .data = "", .id = ""};
        /// Told once when nobody reads any more: the reader has gone, or the stream has ended. With no lock held, on an
        /// I/O thread, or, where the response never came to its connection, on the thread that let go of it; must not
        /// block. Not told where open() was never called.
        std::function<void()> closed = {};
    };

    EventStream() : EventStream(Options()) {}
    explicit EventStream(Options options);
    ~EventStream();
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    /// The answer whose body the stream is. Once.
    [[nodiscard]] Response open();

    /// Sends the event when the reader has taken those before. False where nobody reads any more. Does not wait.
    bool put(const Event& event);
    /// Of text that event_text() gave: one text for many streams.
    bool put_text(std::string_view event);

    /// Nothing more comes: the reader gets what waits, then the end.
    void end();

private:
    class State;
    class Source;
    const std::shared_ptr<State> state_;
};

}  // namespace winnow::http
