#include "expr/prices.hpp"
#include "expr/values/json_value.hpp"
#include "winnow/expr/condition.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace winnow::expr {

namespace {

struct Text {
    std::string_view name;
    std::string domain::Alert::* member;
};
constexpr std::array<Text, 9> kTexts = {{{"title", &domain::Alert::title},
                                         {"description", &domain::Alert::description},
                                         {"source", &domain::Alert::source},
                                         {"service", &domain::Alert::service},
                                         {"component", &domain::Alert::component},
                                         {"group", &domain::Alert::group},
                                         {"class", &domain::Alert::class_name},
                                         {"dedup_key", &domain::Alert::dedup_key},
                                         {"integration", &domain::Alert::integration}}};

struct Level {
    std::string_view name;
    domain::Severity severity;
};
constexpr std::array<Level, 4> kLevels = {{{"CRITICAL", domain::Severity::critical},
                                           {"ERROR", domain::Severity::error},
                                           {"WARNING", domain::Severity::warning},
                                           {"INFO", domain::Severity::info}}};

Value number_of(domain::Severity severity)
{
    return static_cast<std::int64_t>(severity);
}

Value instant(Timestamp at)
{
    const auto since = at.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    return Instant{.seconds = seconds.count(),
                   .nanos = static_cast<std::int32_t>(std::chrono::nanoseconds(since - seconds).count())};
}

Value labels_of(const domain::Alert& alert, std::size_t& cost)
{
    Map map;
    for (const auto& [name, value] : alert.labels.entries()) {
        cost +=
            price::kMapEntry + price::blocks(name.size(), price::kRead) + price::blocks(value.size(), price::kCopied);
        map.insert(name, value);
    }
    return Value::map(std::move(map));
}

Value links_of(const domain::Alert& alert, std::size_t& cost)
{
    List list;
    for (const auto& link : alert.links) {
        cost += 2 * price::kMapEntry + price::blocks(link.href.size() + link.text.size(), price::kCopied);
        Map entry;
        entry.insert("href", link.href);
        entry.insert("text", link.text);
        list.push_back(Value::map(std::move(entry)));
    }
    return Value::list(std::move(list));
}

/// What is made once an alert, however many conditions ask.
struct Made {
    std::optional<Value> labels;
    std::optional<Value> details;
    std::optional<Value> links;
};

std::optional<Value> value_of(std::string_view name, const domain::Alert& alert, Timestamp now, Made& made,
                              std::size_t& cost)
{
    for (const auto& text : kTexts) {
        if (name == text.name) return alert.*text.member;
    }
    for (const auto& level : kLevels) {
        if (name == level.name) return number_of(level.severity);
    }
    if (name == "labels") return made.labels ? *made.labels : made.labels.emplace(labels_of(alert, cost));
    if (name == "severity") return number_of(alert.severity);
    if (name == "status") return std::string(domain::to_string(alert.status));
    if (name == "text") return alert.title + "\n" + alert.description + "\n" + alert.source;
    if (name == "details") {
        return made.details ? *made.details : made.details.emplace(value_of_json(alert.details, cost));
    }
    if (name == "links") return made.links ? *made.links : made.links.emplace(links_of(alert, cost));
    if (name == "starts_at") return alert.starts_at ? instant(*alert.starts_at) : Value();
    if (name == "received_at") return instant(alert.received_at);
    if (name == "now") return instant(now);
    return std::nullopt;
}

}  // namespace

bool is_alert_name(std::string_view name) noexcept
{
    static constexpr std::array<std::string_view, 9> kOthers = {"labels", "severity",  "status",      "text", "details",
                                                                "links",  "starts_at", "received_at", "now"};
    return std::ranges::find(kTexts, name, &Text::name) != kTexts.end() ||
           std::ranges::find(kLevels, name, &Level::name) != kLevels.end() ||
           std::ranges::find(kOthers, name) != kOthers.end();
}

Names names_of(const domain::Alert& alert, Timestamp now)
{
    return [&alert, now, made = std::make_shared<Made>()](std::string_view name, Budget& budget) {
        return value_of(name, alert, now, *made, budget.beside);
    };
}

}  // namespace winnow::expr
