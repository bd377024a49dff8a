#include "winnow/suppression/suppressions.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <utility>

namespace winnow::suppression {

namespace {

constexpr std::size_t kMaxReasonBytes = 1'000;

std::string reason_of(std::string_view what, const std::string& text)
{
    return std::string(truncate_utf8(std::string(what) + ": " + text, kMaxReasonBytes));
}

domain::Judge judge_of(const domain::QuietCause& cause)
{
    const auto kind =
        cause.kind == domain::QuietKind::silence ? domain::JudgeKind::silence : domain::JudgeKind::maintenance_window;
    return {.kind = kind, .id = cause.id};
}

}  // namespace

std::shared_ptr<const Suppressions> Suppressions::compile(const domain::TenantConfig& config)
{
    auto made = std::make_shared<Suppressions>();
    for (const auto& silence : config.silences) made->add(silence);
    for (const auto& window : config.windows) made->add(window);
    for (const auto& inhibition : config.inhibitions) made->add(inhibition);
    return made;
}

void Suppressions::add(const domain::Silence& silence)
{
    auto scope = Scope::compile(silence.scope);
    if (!scope) {
        broken_.push_back({.kind = domain::QuietKind::silence, .id = silence.id.value()});
        return;
    }
    silences_.push_back({.scope = *std::move(scope),
                         .starts_at = silence.starts_at,
                         .ends_at = silence.ends_at,
                         .cause = {.kind = domain::QuietKind::silence, .id = silence.id.value()},
                         .reason = reason_of("silence", silence.comment)});
    index(silences_.size() - 1);
}

void Suppressions::index(std::size_t silence)
{
    const auto* required = silences_[silence].scope.required();
    if (required == nullptr) {
        not_indexed_.push_back(silence);
        return;
    }
    auto name = std::ranges::find(by_name_, required->name(), [](const ByName& known) { return known.name.name(); });
    if (name == by_name_.end()) name = by_name_.insert(name, ByName{.name = *required, .silences = {}});
    name->silences[required->value()].push_back(silence);
}

std::vector<std::size_t> Suppressions::candidates(const domain::Alert& alert) const
{
    auto found = not_indexed_;
    for (const auto& [name, silences] : by_name_) {
        const auto asked = silences.find(name.value_in(alert));
        if (asked != silences.end()) found.insert(found.end(), asked->second.begin(), asked->second.end());
    }
    std::ranges::sort(found);
    return found;
}

void Suppressions::add(const domain::MaintenanceWindow& window)
{
    if (!window.enabled) return;
    auto scope = Scope::compile(window.scope);
    auto recurrence = Recurrence::compile(window);
    if (!scope || !recurrence) {
        broken_.push_back({.kind = domain::QuietKind::maintenance_window, .id = window.id.value()});
        return;
    }
    windows_.push_back({.scope = *std::move(scope),
                        .recurrence = *std::move(recurrence),
                        .cause = {.kind = domain::QuietKind::maintenance_window, .id = window.id.value()},
                        .reason = reason_of("maintenance", window.name)});
}

void Suppressions::add(const domain::Inhibition& inhibition)
{
    if (!inhibition.enabled) return;
    auto source = Scope::compile(inhibition.source);
    auto target = Scope::compile(inhibition.target);
    if (!source || !target) {
        broken_.push_back({.kind = domain::QuietKind::inhibition, .id = inhibition.id.value()});
        return;
    }
    CompiledInhibition compiled{.id = inhibition.id,
                                .source = *std::move(source),
                                .target = *std::move(target),
                                .equal = {},
                                .reason = reason_of("inhibition", inhibition.name)};
    for (const auto& name : inhibition.equal) {
        auto label = expr::Matcher::make(name, expr::Matcher::Op::equal, "");
        if (label) compiled.equal.push_back(*std::move(label));
    }
    inhibitions_.push_back(std::move(compiled));
}

std::optional<domain::Cover> Suppressions::covering(const domain::Alert& alert, Timestamp now) const
{
    domain::AlertBudget budget;
    return covering(alert, now, budget);
}

std::optional<domain::Cover> Suppressions::covering(const domain::Alert& alert, Timestamp now,
                                                    domain::AlertBudget& budget) const
{
    Asked asked(alert, now, budget);
    for (const auto i : candidates(alert)) {
        const auto& silence = silences_[i];
        if (now < silence.starts_at || now >= silence.ends_at) continue;
        if (!silence.scope.finds(asked, judge_of(silence.cause))) continue;
        return domain::Cover{
            .cause = silence.cause, .reason = silence.reason, .until = silence.ends_at, .source_key = {}};
    }
    for (const auto& window : windows_) {
        const auto occurrence = window.recurrence.covering(now);
        if (!occurrence || !window.scope.finds(asked, judge_of(window.cause))) continue;
        return domain::Cover{
            .cause = window.cause, .reason = window.reason, .until = occurrence->ends_at, .source_key = {}};
    }
    return std::nullopt;
}

}  // namespace winnow::suppression
