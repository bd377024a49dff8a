#pragma once

/// @file
/// Calls a running Winnow, as the commands do it.

#include "app/cli/syntax.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace winnow::app::cli {

/// Where to call, and as whom. From flags, else the environment, else the development instance's ready file.
struct Connection {
    std::string url;
    std::string key;
    std::string ca_file;
    bool json = false;  ///< Answers go to standard output as JSON.

    /// --url, --key, --ca and --json, with their environment variables.
    void add_options(Syntax& command);
};

/// Which of the development instance's credentials a command wants.
enum class As { admin, integration, provider };

/// Completes what flags and environment left open from the ready file (WINNOW_STATE_DIR, else .winnow). Throws
/// std::runtime_error that says what to give where nothing is left.
void complete(Connection& connection, As who);

struct Answer {
    long status = 0;
    std::string body{};
    std::string etag;
    [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
    [[nodiscard]] nlohmann::json json() const;
};

struct Call {
    std::string method = "GET";
    std::string path{};  ///< With the query.
    std::string body{};
    std::string content_type = "application/json";
    std::vector<std::string> headers{};
};

/// Throws std::runtime_error where no answer came.
[[nodiscard]] Answer call(const Connection& connection, const Call& what);

/// As call(), and throws what the problem document says where the answer is an error.
[[nodiscard]] Answer call_or_fail(const Connection& connection, const Call& what);

/// The sentence and the fields of a problem document, for a person.
[[nodiscard]] std::string explain(const Answer& answer);

[[nodiscard]] std::string url_encode(const std::string& text);

}  // namespace winnow::app::cli
