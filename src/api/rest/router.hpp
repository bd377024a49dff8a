#pragma once

/// @file
/// From method and path to a route.

#include "api/rest/route.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::api {

using PathParameters = std::vector<std::pair<std::string, std::string>>;

/// What the customer listener serves besides the resources' session routes.
enum class Special : std::uint8_t {
    none,
    ingest_native,
    push_alertmanager,
    push_alertmanager_webhook,
    push_grafana_webhook,
    alertmanager_status,
    alive,
    ready
};

/// Whether bodies are those of senders that neither split nor repeat.
[[nodiscard]] constexpr bool is_push(Special special) noexcept
{
    return special == Special::push_alertmanager || special == Special::push_alertmanager_webhook ||
           special == Special::push_grafana_webhook;
}

/// A route as the router holds it: a resource's, or a special one.
struct RouteEntry {
    Route route;  ///< `handler` is empty for special ones.
    Special special = Special::none;
};

/// Every route of the customer listener.
[[nodiscard]] std::vector<RouteEntry> customer_routes();

/// Immutable after construction; thread-safe.
class Router {
public:
    /// Throws std::logic_error where two routes collide, one has no operation id, or one that is not a probe asks for
    /// no permission.
    explicit Router(std::vector<RouteEntry> routes);

    struct Match {
        const RouteEntry* entry = nullptr;  ///< nullptr: no route, or not with this method.
        PathParameters parameters;
        std::string allowed;  ///< The path's methods, comma-separated, where it exists with other ones.
    };

    /// HEAD finds GET's route; a slash at the end counts for nothing. A parameter is percent-decoded and never empty.
    /// Where a literal path fits, patterns with parameters do not, whatever their methods.
    [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

    [[nodiscard]] const std::vector<RouteEntry>& routes() const noexcept { return routes_; }

private:
    struct Pattern {
        std::vector<std::string_view> segments;  ///< Into the route's own pattern text.
    };
    [[nodiscard]] static std::optional<PathParameters> match_one(const Pattern& pattern,
                                                                 const std::vector<std::string_view>& segments);

    std::vector<RouteEntry> routes_;
    std::vector<Pattern> patterns_;
};

}  // namespace winnow::api
