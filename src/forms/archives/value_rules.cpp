#include "forms/archives/value_rules.hpp"

#include "forms/archives/json_line.hpp"
#include "winnow/base/text.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/mailbox.hpp"
#include "winnow/domain/retention.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/domain/tenants/management_group.hpp"
#include "winnow/forms/action_form.hpp"
#include "winnow/forms/field_reader.hpp"
#include "winnow/forms/schedule_form.hpp"
#include "winnow/suppression/recurrence.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace winnow::forms {

namespace {

using domain::FieldKind;
using nlohmann::json;

// Who counts on from a number, or adds some of them up, has to have room behind it.
constexpr std::int64_t kMostOfInteger = 1'000'000'000;
constexpr std::int64_t kMostOfBig = 1'000'000'000'000'000;

constexpr std::size_t kMostName = 200;
constexpr std::size_t kMostComment = 1'000;
constexpr std::size_t kMostEqualLabels = 32;  // as inhibitions have them
constexpr std::size_t kMostExceptions = 500;  // and windows
constexpr std::size_t kMostWord = 64;
constexpr std::size_t kMostGroupLabel = 256;

/// The first thing that a reader of forms finds wrong with `document`.
template <typename Read>
std::string first_wrong(const json& document, Read read)
{
    FieldReader fields(document);
    read(fields);
    const auto done = fields.finish();
    if (done) return {};
    const auto& wrong = done.error().fields();
    return wrong.empty() ? done.error().message() : wrong.front().detail;
}

std::string integer_within(const json& value, std::int64_t least, std::int64_t most)
{
    // Of its kind: it is one of 64 bits.
    const auto number = value.get<std::int64_t>();
    if (number >= least && number <= most) return {};
    return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

std::string no_huge_integer(const json& value)
{
    return integer_within(value, -kMostOfInteger, kMostOfInteger);
}

std::string no_huge_big(const json& value)
{
    return integer_within(value, -kMostOfBig, kMostOfBig);
}

std::string a_count(const json& value)
{
    return integer_within(value, 0, kMostOfBig);
}

std::string a_small_count(const json& value)
{
    return integer_within(value, 0, kMostOfInteger);
}

std::string no_huge_bigs(const json& value)
{
    for (const auto& each : value) {
        if (auto wrong = no_huge_big(each); !wrong.empty()) return wrong;
    }
    return {};
}

/// The nil one stands for several management groups, and what is so called would be seen by whom it is hidden from.
std::string no_nil(const json& value)
{
    const auto is_nil = [](const json& id) {
        return Uuid::parse(id.get_ref<const std::string&>()) == Uuid();
    };
    const bool some = value.is_array() ? std::ranges::any_of(value, is_nil) : is_nil(value);
    return some ? "must not be the nil UUID" : "";
}

std::string a_name(const json& value)
{
    return first_wrong({{"name", value}},
                       [](FieldReader& fields) { fields.text("name", {1, kMostName}, Need::required); });
}

std::string a_user_name(const json& value)
{
    return first_wrong({{"name", value}},
                       [](FieldReader& fields) { fields.text("name", {1, domain::kMaxMailbox}, Need::required); });
}

/// Of a key: it may have none.
std::string a_keys_name(const json& value)
{
    return first_wrong({{"name", value}}, [](FieldReader& fields) { fields.text("name", {0, kMostName}); });
}

std::string a_comment(const json& value)
{
    return first_wrong({{"text", value}}, [](FieldReader& fields) { fields.text("text", {0, kMostComment}); });
}

std::string a_mailbox(const json& value)
{
    return domain::mailbox_problem(value.get_ref<const std::string&>());
}

/// As PATCH /settings has them.
std::string days_of_classes(const json& value)
{
    return first_wrong(value, [&](FieldReader& fields) {
        for (const auto& each : domain::kKeptTable) {
            if (each.kept == domain::Kept::journal) continue;  // has a column of its own
            const auto need = member_of(value, each.word) != nullptr ? Need::required : Need::optional;
            fields.integer(each.word, 1, domain::kMostDaysKept, need);
        }
    });
}

std::string labels_of_texts(const json& value)
{
    const bool are =
        value.is_object() && std::all_of(value.begin(), value.end(), [](const json& each) { return each.is_string(); });
    return are ? "" : "must be an object of texts, each by its name";
}

std::string labels_of_group(const json& value)
{
    if (!value.is_array() || value.size() > domain::kMaxGroupLabels)
        return "must be a list of at most " + std::to_string(domain::kMaxGroupLabels) + " labels";
    const auto is_text = [](const json& text) {
        if (!text.is_string()) return false;
        const auto characters = count_code_points(text.get_ref<const std::string&>());
        return characters >= 1 && characters <= kMostGroupLabel;
    };
    const bool are = std::all_of(value.begin(), value.end(), [&](const json& label) {
        return label.is_array() && label.size() == 2 && is_text(label[0]) && is_text(label[1]);
    });
    return are ? ""
               : "must be labels: each a name and a value of 1 to " + std::to_string(kMostGroupLabel) + " characters";
}

std::string an_object(const json& value)
{
    return value.is_object() ? "" : "must be a JSON object";
}

std::string a_time_of_quiet(const json& value)
{
    return integer_within(value, domain::kShortestQuiet.count(), domain::kLongestQuiet.count());
}

std::string a_windows_length(const json& value)
{
    return integer_within(value, suppression::kShortestWindow.count(), suppression::kLongestWindow.count());
}

std::string a_time_zone(const json& value)
{
    return first_wrong({{"time_zone", value}},
                       [](FieldReader& fields) { fields.text("time_zone", {1, kMostWord}, Need::required); });
}

std::string exceptions_of_window(const json& value)
{
    return first_wrong({{"exceptions", value}},
                       [](FieldReader& fields) { fields.texts("exceptions", {1, kMostWord}, kMostExceptions); });
}

std::string equal_labels(const json& value)
{
    return value.size() <= kMostEqualLabels
               ? ""
               : "must have at most " + std::to_string(kMostEqualLabels) + " names of labels";
}

std::string actions_as_stored(const json& value)
{
    const auto read = load_actions(value);
    return read ? "" : read.error().message();
}

std::string a_schedule(const json& value)
{
    const auto read = load_schedule(value);
    return read ? "" : read.error().message();
}

struct FieldRule {
    std::string_view resource;  ///< "": any.
    std::string_view field;
    ValueRule rule;
};

/// The first one that fits.
constexpr std::array kRules{
    FieldRule{"tenant_settings", "retention_days", days_of_classes},
    FieldRule{"management_groups", "labels", labels_of_group},
    FieldRule{"tickets", "labels", labels_of_texts},
    FieldRule{"tickets", "occurrences", a_count},
    FieldRule{"tickets", "number", a_count},
    FieldRule{"tickets", "event_seq", a_small_count},
    FieldRule{"ticket_numbers", "next_number", a_count},
    FieldRule{"ticket_events", "data", an_object},
    FieldRule{"owed_events", "data", an_object},
    FieldRule{"rules", "actions", actions_as_stored},
    FieldRule{"rules", "schedule", a_schedule},
    FieldRule{"silences", "end_when_quiet_ms", a_time_of_quiet},
    FieldRule{"silences", "comment", a_comment},
    FieldRule{"maintenance_windows", "duration_ms", a_windows_length},
    FieldRule{"maintenance_windows", "time_zone", a_time_zone},
    FieldRule{"maintenance_windows", "exceptions", exceptions_of_window},
    FieldRule{"maintenance_windows", "comment", a_comment},
    FieldRule{"inhibitions", "equal_labels", equal_labels},
    FieldRule{"users", "email", a_mailbox},
    FieldRule{"scim_users", "user_name", a_user_name},
    FieldRule{"api_keys", "name", a_keys_name},
    FieldRule{"access_keys", "name", a_keys_name},
    FieldRule{"scim_tokens", "name", a_keys_name},
    FieldRule{"", "name", a_name},
    FieldRule{"", "version", a_count},
};

ValueRule rule_of_kind(FieldKind kind) noexcept
{
    switch (kind) {
        case FieldKind::uuids: return no_nil;
        case FieldKind::integer: return no_huge_integer;
        case FieldKind::big: return no_huge_big;
        case FieldKind::bigs: return no_huge_bigs;
        default: return nullptr;
    }
}

}  // namespace

ValueRule value_rule(std::string_view resource, const domain::FieldShape& field) noexcept
{
    const auto* const found = std::ranges::find_if(kRules, [&](const FieldRule& each) {
        return (each.resource.empty() || each.resource == resource) && each.field == field.name;
    });
    if (found != kRules.end()) return found->rule;
    // Counted, all of them.
    if (resource == "noise_counts" && field.kind == FieldKind::big) return a_count;
    if (resource == "management_groups" && field.kind == FieldKind::uuid) return no_nil;
    return rule_of_kind(field.kind);
}

std::string user_problem(const json& row)
{
    const auto* const groups = member_of(row, "management_group_ids");
    if (groups == nullptr || groups->is_null()) return {};
    const auto* const audits = member_of(row, "audits");
    const auto role = text_member(row, "role");
    const bool sees_all = role == "admin" || role == "auditor" || (audits != nullptr && *audits == true);
    return sees_all ? "must be null for an admin or auditor: they see the whole tenant" : "";
}

}  // namespace winnow::forms
