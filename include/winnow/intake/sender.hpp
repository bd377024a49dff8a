#pragma once

/// @file
/// The table of senders: products that send alerts, each with its paths, where it shows its key, how its bodies are
/// read and how it is answered. A folder a sender in src/intake/senders/. Pure: whoever serves the paths moves the
/// bytes, and asks no sender for its name.

#include "winnow/base/error.hpp"
#include "winnow/domain/alert_ids.hpp"
#include "winnow/intake/formats.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::intake {

/// What a reader may ask of a request besides its body. Texts are valid as long as the request.
class RequestFields {
public:
    RequestFields() = default;
    RequestFields(const RequestFields&) = delete;
    RequestFields& operator=(const RequestFields&) = delete;

    /// The first header of that name, in any case; "" where there is none.
    [[nodiscard]] virtual std::string_view header(std::string_view name) const = 0;
    /// The first parameter of that name in the query, decoded; nullopt where there is none.
    [[nodiscard]] virtual std::optional<std::string> query(std::string_view name) const = 0;
    /// What stands in the path where its pattern has `{name}`, decoded; "" where it has none.
    [[nodiscard]] virtual std::string_view parameter(std::string_view name) const = 0;

protected:
    ~RequestFields() = default;
};

/// A request as its reader sees it; valid during the call.
struct Sent {
    std::string_view body;  ///< Its Content-Encoding undone.
    const RequestFields& fields;
    const Origin& origin;
    const domain::AlertLimits& limits;
    std::chrono::milliseconds resolve_timeout;  ///< Of alerts without an end whose sender repeats them until they end.
};

/// How bodies are read.
struct Format {
    /// Types that they may have, lower case, without parameters; empty: whatever they are called.
    std::span<const std::string_view> media_types = {};

    /// An Error means that the body as a whole cannot be read.
    Result<Batch> (*parse)(const Sent&) = nullptr;

    /// Changes the reasons (never none) why nothing of `body` was taken into what its sender can use. Null: the first
    /// one tells.
    void (*explain)(std::vector<FieldError>& reasons, std::string_view body) = nullptr;
};

/// An answer. The connection's own headers, and those of rates, come from whoever sends it.
struct Reply {
    int status = 200;
    std::string_view content_type = "";  ///< "" where there is no body; a literal.
    std::string body = {};
    std::vector<std::pair<std::string_view, std::string>> headers = {};  ///< Others, their names literals.
};

/// What the items of a body became, in its order.
struct ItemOutcomes {
    std::vector<std::optional<FieldError>> refusals;  ///< nullopt: it was taken.

    /// Of the items that were taken and had to be changed, by index, ascending.
    std::vector<std::pair<std::size_t, std::vector<FieldError>>> warnings;
};

/// What was committed of a body.
struct Stored {
    std::optional<domain::ReceiptId> receipt;  ///< nullopt: the body held nothing to store, which is no error.
    const domain::TenantIds& ids;
    const ItemOutcomes& items;
};

/// Why a request was turned away, in the words that REST has for it.
struct Refusal {
    int status = 400;
    std::string_view code;    ///< Stable, lower case: "unauthenticated", "malformed_json", "rate_limited".
    std::string_view detail;  ///< UTF-8. What is wrong, and where; of any length.
    std::span<const FieldError> fields = {};
    std::string_view request_id = "";
};
using Refuse = Reply (*)(const Refusal&);

/// A path as the router matches it, and its operation in docs/openapi.yaml.
struct Place {
    std::string_view pattern = "";  ///< "/am/webhook"; segments in braces are parameters. "": there is none.
    std::string_view operation_id = "";
};

/// A way in. It either takes alerts (`formats`, `answer`) or says what a client asks before it sends (`reply`).
struct SenderPath {
    std::string_view method = "POST";
    Place place;         ///< The key is where the sender's credentials are.
    Place with_token{};  ///< The same with the key as the path's `{token}`.

    std::span<const Format> formats = {};  ///< The first one is for bodies that do not say what they are.
    Reply (*answer)(const Stored&) = nullptr;
    Reply (*reply)() = nullptr;

    std::size_t domain::AlertLimits::* max_bytes = &domain::AlertLimits::max_push_bytes;  ///< Of a body.

    /// Statuses, because some give up where they should come again: beyond a rate, and where too much of the tenant's
    /// own waits on the node.
    int too_fast = 429;
    int too_much = 429;

    /// Whether an Idempotency-Key makes a repeat change nothing. Its answer must then be JSON, and 202.
    bool takes_idempotency_key = false;

    /// Where the sender's own protocol does: what names a request that was read, so that another one of the same name
    /// changes nothing and has the same answer, which must be JSON of `once_status`; "": nothing does. Null: never.
    std::string (*once)(const Sent&) = nullptr;
    int once_status = 202;

    /// The body is a form (application/x-www-form-urlencoded), and is read as the query that it stands for. Where
    /// requests are signed, who sends it stands in there, too.
    bool is_form = false;

    /// The setting whose value `max_bytes` is.
    [[nodiscard]] std::string_view max_bytes_setting() const noexcept
    {
        return max_bytes == &domain::AlertLimits::max_push_bytes ? "limits.max_push_bytes" : "limits.max_body_bytes";
    }
};

/// Where a key may be besides where everybody's may: the path's token, Authorization as Bearer or as the password of
/// Basic, X-Api-Key.
struct Credentials {
    std::span<const std::string_view> schemes = {};     ///< Of Authorization, lower case: "geniekey".
    std::span<const std::string_view> parameters = {};  ///< Of the query: "api-key".
};

/// Members of a body that give its sender away, where it comes to another one's path.
struct Sign {
    std::array<std::string_view, 3> members;  ///< All of them; "" is none.
    std::string_view says;                    ///< "This looks like …: send it to /its/path"
    bool is_vague = false;                    ///< Others have them, too: looked for after all that tell more.
};

/// A row of the table. All it refers to is static.
struct Sender {
    std::string_view name;  ///< Stable, lower case.

    /// Whoever asks for these, or for what is below them, reads this sender's refusals, also where nothing is there.
    std::span<const std::string_view> roots = {};

    std::span<const SenderPath> paths;

    /// What an integration calls the URL that it shows for this sender; "": the sender's name.
    std::string_view url_name = "";
    /// Where its clients are told to send who can set nothing but a URL, with the key as `{token}`: what they put
    /// behind it themselves is left out. "": the first of the paths.
    std::string_view url = "";

    Credentials credentials = {};
    std::span<const Sign> signs = {};  ///< Looked for in the table's order.
    Refuse refuse = nullptr;           ///< Null: as REST refuses, with a problem document.

    /// Its requests show no key: they are signed with an access key's secret (identity/request_signature.hpp).
    bool is_signed = false;
};

/// What an integration shows for a sender: Sender::url_name and url as they are meant.
struct KeyedUrl {
    std::string_view name;
    std::string_view pattern;  ///< With one `{token}`; "" where none of the sender's paths has the key in it.
};
[[nodiscard]] KeyedUrl keyed_url(const Sender& sender) noexcept;

/// Every sender. Thread-safe, as all of it is constant.
[[nodiscard]] std::span<const Sender* const> senders();

/// Whose root `path` is or is below, itself or behind "/i/{token}"; null where it is nobody's.
[[nodiscard]] const Sender* sender_at(std::string_view path) noexcept;

}  // namespace winnow::intake
