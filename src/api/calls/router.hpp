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

struct Flow;

/// What the customer listener serves besides the resources' session routes.
enum class Special : std::uint8_t {
    none,
    alerts,        ///< A sender's path that takes them.
    sender_reply,  ///< A sender's path that says what its clients ask first.
    alive,
    ready,
    auth,               ///< Of people who sign in; it looks at its cookie itself (api/signin/flows.hpp).
    security_features,  ///< What the service says of its security, to everybody.
    responsibility,
    waiting,  ///< A caller's like any other, but what it waits for is no database: it is a flow (api/signin/flow.hpp).
};

/// A route as the router holds it: a resource's, or a special one.
struct RouteEntry {
    Route route;  ///< `handler` is empty for special ones.
    Special special = Special::none;
    const intake::SenderPath* path = nullptr;              ///< Of the first two of them.
    void (*flow)(const std::shared_ptr<Flow>&) = nullptr;  ///< Special::auth and waiting only.
};

/// Those of people who sign in (api/signin/).
[[nodiscard]] std::vector<RouteEntry> sign_in_entries();
/// Those of providers of sign-ins that are flows (api/oidc/).
[[nodiscard]] std::vector<RouteEntry> provider_entries();

/// Every route of the customer listener.
[[nodiscard]] std::vector<RouteEntry> customer_routes();

/// Immutable after construction; thread-safe.
class Router {
public:
    /// Throws std::logic_error where two routes collide, one has no operation id, or one that is no probe and no
    /// answer to everybody asks for no permission.
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
