#pragma once

/// @file
/// Documents of providers of sign-ins, asked for over HTTPS.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace winnow::ports {

struct Fetch {
    TenantId tenant;                       ///< On whose behalf: each has a share of what is under way.
    std::string url;                       ///< https alone.
    std::optional<std::string> form = {};  ///< A POST with this body, application/x-www-form-urlencoded; else a GET.
    std::string authorization = {};        ///< The header's value; "": none.
    std::size_t max_bytes = 65'536;        ///< Of the answer's body.
};

struct Fetched {
    int status = 0;  ///< Final, and never followed elsewhere.
    std::string body;
    std::string cache_control = {};  ///< "" where there is none.
};

/// Thread-safe; never blocks the caller.
class Fetcher {
public:
    using Done = std::move_only_function<void(Result<Fetched>)>;

    Fetcher() = default;
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;
    virtual ~Fetcher() = default;

    /// `done` is called once, on the fetcher's thread, which it must not hold; or at once where too much is under way
    /// (`unavailable`). The error's message is for the tenant: without addresses and without what was sent.
    /// `invalid_argument`: it can never be had as it is asked for; `unavailable`: perhaps later.
    virtual void fetch(Fetch what, Done done) = 0;
};

}  // namespace winnow::ports
