#pragma once

/// @file
/// Calls a running Winnow, as the commands do it.

#include "winnow/cli/syntax.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::cli {

/// Where to call, as whom, and whom to trust. All three come from one place: the flags, else the environment, else the
/// development instance's ready file; one place's key is never sent to another's URL.
struct Connection {
    std::string url{};
    std::string key{};
    std::string ca_file{};
    bool json = false;  ///< Answers go to standard output as JSON.

    /// --url, --key, --ca and --json.
    void add_options(Syntax& command);
};

/// Which of the development instance's credentials a command wants.
enum class As { admin, integration, provider };

/// Where the flags give nothing, takes all from WINNOW_URL, WINNOW_KEY and WINNOW_CA_FILE; where those give nothing,
/// from the ready file (in WINNOW_STATE_DIR, else .winnow). Throws std::runtime_error that says what to give where the
/// first place that gives something gives no URL or no key, or no place gives anything.
void complete(Connection& connection, As who);

/// Its first two steps: false where neither flags nor environment give anything.
[[nodiscard]] bool complete_from(Connection& flags, const Connection& environment);

struct Answer {
    long status = 0;
    std::string body{};
    std::string etag;
    std::optional<std::chrono::seconds> retry_after{};  ///< As the server says.
    [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
    [[nodiscard]] nlohmann::json json() const;
};

/// What was typed for a field or a query parameter of a call: {"/ends_at", "--until"}, {"group_by", "--by"}.
using Typed = std::vector<std::pair<std::string, std::string>>;

struct Call {
    std::string method = "GET";
    std::string path{};  ///< With the query.
    std::string body{};
    std::string content_type = "application/json";
    std::vector<std::string> headers{};
    Typed typed{};          ///< A refusal names these.
    std::string missing{};  ///< What to say where there is no such thing; empty: what the server says.
    std::string instead{};  ///< What to do where it cannot be done as things are (409), behind what the server says.
    /// Not empty: takes the body of an answer that is no error, piece by piece as it comes, and says whether it wants
    /// more. Then Answer::body stays empty, and the call may take as long as something comes every minute.
    std::function<bool(std::string_view)> to{};
};

/// Throws std::runtime_error where no answer came.
[[nodiscard]] Answer call(const Connection& connection, const Call& what);

/// As call(), and throws what the problem document, or `what.missing`, says where the answer is an error.
[[nodiscard]] Answer call_or_fail(const Connection& connection, const Call& what);

/// As call_or_fail(), and comes again, when it is told to, where the server has no room now (429, 503): for a minute
/// and a half in all, each time said on standard error. What is sent must bear to be sent twice.
[[nodiscard]] Answer call_patiently(const Connection& connection, const Call& what);

/// The sentence and the fields of a problem document, for a person who typed what `typed` says.
[[nodiscard]] std::string explain(const Answer& answer, const Typed& typed = {});

/// "--title: " of "/title", "--label (/labels/a b): " of what is inside; "" of "".
[[nodiscard]] std::string place_of(const std::string& pointer, const Typed& typed);

[[nodiscard]] std::string url_encode(const std::string& text);

}  // namespace winnow::cli
