#include "api/security/security_answers.hpp"

#include "api/rest/respond.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace winnow::api {

namespace {

using nlohmann::json;

constexpr int kFeaturesVersion = 2;
constexpr int kDutiesVersion = 1;

json both(const Bilingual& text)
{
    return {{"en", text.en}, {"ja", text.ja}};
}

/// "6.1, 13.4" as a list.
json listed(std::string_view sections)
{
    constexpr std::string_view kBetween = ", ";
    auto list = json::array();
    while (true) {
        const auto end = sections.find(kBetween);
        list.push_back(sections.substr(0, end));
        if (end == std::string_view::npos) return list;
        sections.remove_prefix(end + kBetween.size());
    }
}

std::string answer(int version, json items)
{
    return dump({{"version", version}, {"items", std::move(items)}});
}

}  // namespace

std::string security_features_json(const SecurityFacts& facts)
{
    auto items = json::array();
    for (const auto& feature : security_features()) {
        items.push_back({{"id", feature.id},
                         {"sections", listed(feature.sections)},
                         {"what", both(feature.what)},
                         {"state", to_string(feature.state(facts))},
                         {"documentation", feature.documentation}});
    }
    return answer(kFeaturesVersion, std::move(items));
}

std::string responsibility_json()
{
    auto items = json::array();
    for (const auto& duty : duties()) {
        items.push_back({{"id", duty.id},
                         {"sections", listed(duty.sections)},
                         {"subject", both(duty.subject)},
                         {"provider", both(duty.provider)},
                         {"customer", both(duty.customer)},
                         {"winnow", both(duty.winnow)}});
    }
    return answer(kDutiesVersion, std::move(items));
}

}  // namespace winnow::api
