#pragma once

/// @file
/// Plain request and response values. Nothing above `http` ever sees a Beast type.

#include "winnow/base/uuid.hpp"
#include "winnow/http/body.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::http {

struct Header {
    std::string name;
    std::string value;
};

/// What a handler hangs onto a request between `admit` and `handle` (who is calling).
struct Attachment {
    Attachment() = default;
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    virtual ~Attachment() = default;
};

/// A request's first line and headers, already checked: exactly one Host, no ambiguous framing, no control characters.
struct RequestHead {
    std::string method;  ///< "GET"; as sent.
    std::string path;    ///< Percent-decoding is *not* applied; always starts with '/'.
    std::string query;   ///< Without the '?', undecoded; "" if there is none.
    std::vector<Header> headers;
    std::string remote_address;  ///< The peer's IP address, or the forwarded one where a trusted proxy says so.
    std::string request_id;      ///< The caller's X-Request-Id if sane, else a fresh one; the server echoes it.
    std::string client_certificate_subject;  ///< "" where the peer showed no (verified) certificate.

    /// The first header of that name (case-insensitive), or "" . Valid as long as the head.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;

    /// The first query parameter of that name, percent-decoded; nullopt if absent.
    [[nodiscard]] std::optional<std::string> query_parameter(std::string_view name) const;

    /// Every query parameter in order, percent-decoded, `+` as space.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> query_parameters() const;
};

struct Request {
    RequestHead head;
    std::string body;  ///< As sent: Content-Encoding is the handler's to undo.
    std::shared_ptr<const Attachment> attachment;
    /// Set by the server, once: the client has gone, or its time is up. Null: nobody tells.
    std::shared_ptr<const std::atomic<bool>> given_up;

    /// Whether nobody waits for the answer any more. From any thread.
    [[nodiscard]] bool is_given_up() const noexcept { return given_up && given_up->load(std::memory_order_relaxed); }
};

/// An answer. The server adds Date, Content-Length or Transfer-Encoding, Connection, X-Request-Id and the security
/// headers.
struct Response {
    int status = 200;
    std::vector<Header> headers;
    Body body;
    /// It is sent so much later, by the connection's loop: nothing else is held meanwhile. For who tries secrets.
    std::chrono::milliseconds after{0};

    Response() = default;
    explicit Response(int code) : status(code) {}
    Response(int code, std::string content_type, Body content) : status(code), body(std::move(content))
    {
        set("Content-Type", std::move(content_type));
    }

    /// Adds or replaces.
    void set(std::string_view name, std::string value);
};

/// Undoes percent-encoding; nullopt where it is malformed or decodes to U+0000.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Whether a caller may still have what it was admitted to.
enum class Entitlement : std::uint8_t {
    held,
    lost,
    unknown,  ///< It cannot be told just now.
};

/// Called once, at once or later, from any thread. One that is destroyed without a call has said `unknown`.
using EntitlementSink = std::move_only_function<void(Entitlement)>;

/// What a handler says to a head, before any body byte is read.
struct Admission {
    std::optional<Response> refusal;  ///< Sent as the answer; the body is drained or the connection closed.
    std::size_t max_body_bytes = 0;   ///< A longer body is answered 413.
    std::string_view body_setting;    ///< Whose value that is, of the program's life; "" where it is nobody's to set.
    Uuid caller;  ///< Who was authenticated, and takes of its shares of places and memory; nil: nobody was.
    std::shared_ptr<const Attachment> attachment;
    /// The answer's body has a source, if all goes well: it is one of the caller's streams from here on, and refused
    /// with 429 where they are as many as they may be. A body with a source that was not announced is counted once it
    /// is there, when its work was done already.
    bool may_stream = false;
    /// Asks whether the caller may still have such an answer: on an I/O thread, again and again while it is sent, never
    /// before the last question was answered. Must not block. Empty: it may.
    std::function<void(EntitlementSink)> recheck = {};
};

/// Each is called exactly once, from any thread, also after the peer has gone.
using AdmissionSink = std::move_only_function<void(Admission)>;
using ResponseSink = std::move_only_function<void(Response)>;

/// What the server needs from the layer above. Both are called on an I/O thread and must not block; the sink may be
/// called at once or later from another thread.
class Handler {
public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;

    /// Routing, credential, quota. `head` stays valid until the sink has been called.
    virtual void admit(const RequestHead& head, AdmissionSink sink) = 0;

    virtual void handle(Request request, ResponseSink sink) = 0;

    /// The answer to what is not HTTP, too large or too late, in the form that clients of `path` read ("": not known).
    [[nodiscard]] virtual Response protocol_error(std::string_view path, int status, std::string_view code,
                                                  std::string_view detail) = 0;
};

}  // namespace winnow::http
