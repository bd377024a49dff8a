#include "winnow/http/event_stream.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

namespace winnow::http {

namespace {

constexpr std::string_view kHeartbeat = ":\n\n";  // a comment: readers pass over it

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    out.append(name).append(": ").append(value).append("\n");
}

std::string without_line_ends(std::string text)
{
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
    return text;
}

void append_data(std::string& out, std::string_view data)
{
    for (;;) {
        const auto end = data.find_first_of("\r\n");
        append_field(out, "data", data.substr(0, end));
        if (end == std::string_view::npos) return;
        data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    }
}

}  // namespace

std::string event_text(const Event& event)
{
    std::string text;
    const auto id = without_line_ends(event.id);
    const auto name = without_line_ends(event.name);
    if (!id.empty() && !id.contains('\0')) append_field(text, "id", id);
    if (!name.empty()) append_field(text, "event", name);
    append_data(text, event.data);  // also without any: an event without data is not told
    text += '\n';
    return text;
}

/// What the writer's and the reader's end share.
class EventStream::State {
public:
    explicit State(Options options) : options_(std::move(options))
    {
        waiting_ = "retry: " + std::to_string(options_.retry.count()) + "\n\n";
    }

    [[nodiscard]] std::chrono::milliseconds heartbeat() const noexcept { return options_.heartbeat; }

    bool put(std::string_view event)
    {
        const std::lock_guard lock(mutex_);
        if (ended_ || closed_) return false;
        if (waiting_.size() + event.size() > options_.max_waiting_bytes) {
            // Once: what comes after it is told, as long as there is room.
            waiting_ = event_text(options_.missed);
        } else {
            waiting_ += event;
        }
        hand_over();
        return true;
    }

    void end()
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        hand_over();
    }

    void pull(PieceSink sink)
    {
        const std::lock_guard lock(mutex_);
        sink_ = std::move(sink);
        hand_over();
    }

    void close()
    {
        PieceSink dropped;
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            waiting_ = {};
            dropped = std::exchange(sink_, nullptr);
        }
        if (options_.closed) options_.closed();
    }

private:
    /// Whose lock is held. A sink takes no lock of ours: it posts to its connection's loop.
    void hand_over()
    {
        if (!sink_ || (waiting_.empty() && !ended_)) return;
        auto sink = std::exchange(sink_, nullptr);
        auto text = std::exchange(waiting_, {});
        sink(ended_ ? Piece::last(std::move(text)) : Piece::more(std::move(text)));
    }

    const Options options_;
    std::mutex mutex_;     // guards what follows
    std::string waiting_;  ///< Whole events.
    PieceSink sink_;       ///< Of the pull that waits for the next one.
    bool ended_ = false;
    bool closed_ = false;
};

/// The reader's end.
class EventStream::Source final : public BodySource {
public:
    explicit Source(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Source() override { state_->close(); }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    void pull(PieceSink sink) override { state_->pull(std::move(sink)); }

    [[nodiscard]] std::optional<Heartbeat> heartbeat() const noexcept override
    {
        return Heartbeat{.every = state_->heartbeat(), .text = kHeartbeat};
    }

private:
    const std::shared_ptr<State> state_;
};

EventStream::EventStream(Options options) : state_(std::make_shared<State>(std::move(options))) {}

EventStream::~EventStream()
{
    state_->end();
}

Response EventStream::open()
{
    Response response(200, "text/event-stream", std::make_unique<Source>(state_));
    response.set("X-Accel-Buffering", "no");  // what some proxies want to be told before they pass a piece on at once
    return response;
}

bool EventStream::put(const Event& event)
{
    return state_->put(event_text(event));
}

bool EventStream::put_text(std::string_view event)
{
    return state_->put(event);
}

void EventStream::end()
{
    state_->end();
}

}  // namespace winnow::http
