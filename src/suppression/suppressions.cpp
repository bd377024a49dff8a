#include "winnow/suppression/suppressions.hpp"

#include "winnow/base/text.hpp"

#include <utility>

namespace winnow::suppression {

namespace {

constexpr std::size_t kMaxReasonBytes = 1'000;

std::string reason_of(std::string_view what, const std::string& text)
{
    return std::string(truncate_utf8(std::string(what) + ": " + text, kMaxReasonBytes));
}

}  // namespace

std::shared_ptr<const Suppressions> Suppressions::compile(const domain::TenantConfig& config)
{
    auto made = std::make_shared<Suppressions>();
    for (const auto& silence : config.silences) {
        auto scope = Scope::compile(silence.scope);
        if (!scope) {
            ++made->broken_;
            continue;
        }
        made->silences_.push_back({.scope = *std::move(scope),
                                   .starts_at = silence.starts_at,
                                   .ends_at = silence.ends_at,
                                   .cause = {.kind = domain::QuietKind::silence, .id = silence.id.value()},
                                   .reason = reason_of("silence", silence.comment)});
    }
    return made;
}

std::optional<domain::Cover> Suppressions::covering(const domain::Alert& alert, Timestamp now) const
{
    for (const auto& silence : silences_) {
        if (now < silence.starts_at || now >= silence.ends_at || !silence.scope.finds(alert, now)) continue;
        return domain::Cover{
            .cause = silence.cause, .reason = silence.reason, .until = silence.ends_at, .source_key = {}};
    }
    return std::nullopt;
}

}  // namespace winnow::suppression
