#pragma once

/// @file
/// What an answer's body is made of: text of its own, bytes that outlive it, or a source that is asked piece by piece.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace winnow::http {

/// What a source says when it is asked.
struct Piece {
    enum class Kind : std::uint8_t {
        more,    ///< `text`, and more may follow.
        last,    ///< `text`, and that was all.
        later,   ///< Nothing can be had just now: ask again `after` so long.
        broken,  ///< There is more, and it cannot be had: the answer is cut short so that its reader sees it.
    };

    Kind kind = Kind::broken;
    std::string text;  ///< May be empty. Of a broken one: why, for the log; readers do not see it.
    std::chrono::milliseconds after{0};

    Piece() = default;
    Piece(Kind what, std::string bytes) : kind(what), text(std::move(bytes)) {}

    [[nodiscard]] static Piece more(std::string text) { return {Kind::more, std::move(text)}; }
    [[nodiscard]] static Piece last(std::string text = {}) { return {Kind::last, std::move(text)}; }
    [[nodiscard]] static Piece broken(std::string why) { return {Kind::broken, std::move(why)}; }
    [[nodiscard]] static Piece later(std::chrono::milliseconds after)
    {
        Piece piece(Kind::later, {});
        piece.after = after;
        return piece;
    }
};

/// Called once, from any thread, at once or whenever there is something, also after the source and its reader have
/// gone. One that is destroyed without a call has said `broken`.
using PieceSink = std::move_only_function<void(Piece)>;

/// A body that is made while it is read. It belongs to one answer; all members are called on that connection's I/O
/// thread and must not block. So must not the destructor, which runs as soon as the answer has ended, however it has:
/// maybe before the first pull, maybe with a sink still out. It runs on that thread, too, but where the response never
/// came to its connection: then on the thread that let go of it.
class BodySource {
public:
    BodySource() = default;
    BodySource(const BodySource&) = delete;
    BodySource& operator=(const BodySource&) = delete;
    virtual ~BodySource() = default;

    /// Asks for the next piece: only when the socket can take more, and never before the last one was answered and has
    /// been taken. So no more than one piece of an answer is in memory, and its size is what a slow reader costs.
    /// Without a heartbeat the answer is due within `Limits::handler`; `later` buys no time beyond that. What is thrown
    /// is as `broken`.
    virtual void pull(PieceSink sink) = 0;

    /// What an endless source says so that its reader, and all between, know that it is alive: sent whenever a pull
    /// has been silent for `every`. Such a pull may take for ever; it ends in order when the server stops.
    struct Heartbeat {
        std::chrono::milliseconds every;
        std::string_view text;  ///< Outlives the source.
    };
    [[nodiscard]] virtual std::optional<Heartbeat> heartbeat() const noexcept { return std::nullopt; }
};

/// Moved, not copied: a source is read once.
class Body {
public:
    Body() = default;
    Body(std::string text) : what_(std::move(text)) {}    // NOLINT(google-explicit-constructor)
    Body(const char* text) : what_(std::string(text)) {}  // NOLINT(google-explicit-constructor)
    template <std::derived_from<BodySource> Source>
    Body(std::unique_ptr<Source> source)  // NOLINT(google-explicit-constructor)
        : what_(std::unique_ptr<BodySource>(std::move(source)))
    {
    }

    /// Bytes that are there as long as the program, such as an asset that is part of it: sent from where they are.
    [[nodiscard]] static Body view(std::string_view bytes)
    {
        Body body;
        body.what_ = bytes;
        return body;
    }

    /// All of it, as long as the body stays; "" of a source.
    [[nodiscard]] std::string_view text() const noexcept
    {
        if (const auto* own = std::get_if<std::string>(&what_)) return *own;
        if (const auto* view = std::get_if<std::string_view>(&what_)) return *view;
        return {};
    }

    [[nodiscard]] bool is_view() const noexcept { return std::holds_alternative<std::string_view>(what_); }

    /// Null where it is text.
    [[nodiscard]] BodySource* source() const noexcept
    {
        const auto* source = std::get_if<std::unique_ptr<BodySource>>(&what_);
        return source != nullptr ? source->get() : nullptr;
    }

private:
    std::variant<std::string, std::string_view, std::unique_ptr<BodySource>> what_;
};

}  // namespace winnow::http
