#include "pg/rules/rule_rows.hpp"

#include "pg/rows/legible.hpp"
#include "pg/rows/values.hpp"
#include "winnow/forms/action_form.hpp"
#include "winnow/forms/rule_form.hpp"
#include "winnow/forms/schedule_form.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace winnow::pg {

namespace {

using domain::Rule;
using forms::RuleField;

constexpr const char* kId = "rule_id";

std::string column_of(const RuleField& field)
{
    return field.name == "id" ? kId : std::string(field.name);
}

std::string list_of(const std::function<std::string(const RuleField&)>& part)
{
    std::string list;
    for (const auto& field : forms::rule_fields()) {
        const auto text = part(field);
        if (!text.empty()) list.append(list.empty() ? "" : ", ").append(text);
    }
    return list;
}

/// The type of the column that keeps a member.
struct SqlType {
    const char* operator()(RuleId Rule::* /*at*/) const { return "uuid"; }
    const char* operator()(std::string Rule::* /*at*/) const { return "text"; }
    const char* operator()(std::int32_t Rule::* /*at*/) const { return "integer"; }
    const char* operator()(std::int64_t Rule::* /*at*/) const { return "bigint"; }
    const char* operator()(bool Rule::* /*at*/) const { return "boolean"; }
    const char* operator()(Timestamp Rule::* /*at*/) const { return "timestamptz"; }
    const char* operator()(std::optional<Timestamp> Rule::* /*at*/) const { return "timestamptz"; }
    const char* operator()(std::optional<domain::WeeklySchedule> Rule::* /*at*/) const { return "jsonb"; }
    const char* operator()(domain::RuleSyntax Rule::* /*at*/) const { return "text"; }
    const char* operator()(domain::RuleMode Rule::* /*at*/) const { return "text"; }
    const char* operator()(std::vector<domain::Action> Rule::* /*at*/) const { return "jsonb"; }
};

template <typename Value>
Value known(std::optional<Value> value)
{
    if (!value) throw std::runtime_error("a word that is not known");
    return *value;
}

template <typename Value>
Value readable(Result<Value> value)
{
    if (!value) throw std::runtime_error(value.error().message());
    return *std::move(value);
}

/// What every version wrote alike.
struct PlainColumn {
    const pqxx::field& column;
    Rule& rule;

    void operator()(RuleId Rule::* at) const { rule.*at = id_of<RuleId>(column); }
    void operator()(std::string Rule::* at) const { rule.*at = text_of(column); }
    void operator()(std::int32_t Rule::* at) const { rule.*at = column.as<std::int32_t>(); }
    void operator()(std::int64_t Rule::* at) const { rule.*at = column.as<std::int64_t>(); }
    void operator()(bool Rule::* at) const { rule.*at = column.as<bool>(); }
    void operator()(Timestamp Rule::* at) const { rule.*at = time_of(column); }
    void operator()(std::optional<Timestamp> Rule::* at) const { rule.*at = optional_time_of(column); }

    template <typename Word>
    void operator()(Word /*at*/) const
    {
    }
};

/// What a later version, or a hand, may have written: throws where this one cannot read it.
struct WordColumn {
    const pqxx::field& column;
    Rule& rule;

    void operator()(domain::RuleSyntax Rule::* at) const
    {
        rule.*at = known(domain::parse_rule_syntax(column.c_str()));
    }
    void operator()(domain::RuleMode Rule::* at) const { rule.*at = known(domain::parse_rule_mode(column.c_str())); }
    void operator()(std::vector<domain::Action> Rule::* at) const
    {
        rule.*at = readable(forms::parse_actions(column.c_str()));
    }
    void operator()(std::optional<domain::WeeklySchedule> Rule::* at) const
    {
        if (!column.is_null()) rule.*at = readable(forms::load_schedule(nlohmann::json::parse(column.c_str())));
    }

    template <typename Plain>
    void operator()(Plain /*at*/) const
    {
    }
};

/// In the order of the table. A name is looked for among all columns of the result: once, not once a reading.
std::vector<pqxx::field> columns_of(const pqxx::row& row)
{
    std::vector<pqxx::field> columns;
    columns.reserve(forms::rule_fields().size());
    for (const auto& field : forms::rule_fields()) columns.push_back(row[column_of(field)]);
    return columns;
}

template <typename Column>
void read_columns(const std::vector<pqxx::field>& columns, Rule& rule)
{
    auto column = columns.begin();
    for (const auto& field : forms::rule_fields()) std::visit(Column{*column++, rule}, field.member);
}

/// Like format_rfc3339().
std::string shown_time(const std::string& column)
{
    return "to_char(" + column + R"( at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))";
}

}  // namespace

Rule read_rule(const pqxx::row& row)
{
    const auto columns = columns_of(row);
    Rule rule;
    read_columns<PlainColumn>(columns, rule);
    const bool legible = is_legible("rule", rule.id, [&] {
        auto whole = rule;
        read_columns<WordColumn>(columns, whole);
        rule = std::move(whole);
    });
    if (!legible) rule.actions.clear();
    return rule;
}

bool is_unreadable(const Rule& rule)
{
    return rule.actions.empty();
}

std::string records(const std::vector<Rule>& rules)
{
    auto list = nlohmann::json::array();
    for (const auto& rule : rules) {
        auto record = nlohmann::json::object();
        for (const auto& field : forms::rule_fields()) record[column_of(field)] = forms::field_json(rule, field.member);
        list.push_back(std::move(record));
    }
    return list.dump();
}

std::string record_types()
{
    return list_of([](const RuleField& field) { return column_of(field) + ' ' + std::visit(SqlType{}, field.member); });
}

std::string rule_columns()
{
    return list_of(column_of);
}

std::string assigned_columns()
{
    return list_of([](const RuleField& field) {
        const auto column = column_of(field);
        return column == kId ? "" : column + " = r." + column;
    });
}

std::string rule_json_sql()
{
    return "jsonb_build_object(" + list_of([](const RuleField& field) {
               const auto column = "t." + column_of(field);
               const bool is_time = std::string_view(std::visit(SqlType{}, field.member)) == "timestamptz";
               return '\'' + std::string(field.name) + "', " + (is_time ? shown_time(column) : column);
           }) +
           ')';
}

}  // namespace winnow::pg
