#include "intake/senders/table.hpp"

#include <algorithm>
#include <array>

namespace winnow::intake {

namespace {

bool is_below(std::string_view path, std::string_view root) noexcept
{
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

/// Without "/i/{token}" before it; "" where nothing follows that.
std::string_view without_token(std::string_view path) noexcept
{
    constexpr std::string_view kToken = "/i/";
    if (!path.starts_with(kToken)) return path;
    const auto rest = path.find('/', kToken.size());
    return rest == std::string_view::npos ? "" : path.substr(rest);
}

}  // namespace

std::span<const Sender* const> senders()
{
#define WINNOW_SENDER(name) &name##_sender(),
    static const std::array kSenders{WINNOW_SENDERS(WINNOW_SENDER)};
#undef WINNOW_SENDER
    return kSenders;
}

KeyedUrl keyed_url(const Sender& sender) noexcept
{
    return {.name = sender.url_name.empty() ? sender.name : sender.url_name,
            .pattern = sender.url.empty() ? sender.paths.front().with_token.pattern : sender.url};
}

const Sender* sender_at(std::string_view path) noexcept
{
    path = without_token(path);
    for (const auto* sender : senders()) {
        if (std::ranges::any_of(sender->roots, [path](auto root) { return is_below(path, root); })) return sender;
    }
    return nullptr;
}

}  // namespace winnow::intake
