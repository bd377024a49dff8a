#include "winnow/forms/ticket_form.hpp"

#include "winnow/domain/one_line.hpp"
#include "winnow/domain/words.hpp"
#include "winnow/forms/field_reader.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace winnow::forms {

namespace {

using domain::Ticket;
using nlohmann::json;
using tickets::TicketField;

json shown(TicketId id)
{
    return id.str();
}

json shown(domain::TicketState state)
{
    return to_string(state);
}

json shown(domain::Severity severity)
{
    return to_string(severity);
}

json shown(Timestamp at)
{
    return format_rfc3339(at);
}

json shown(const domain::Labels& labels)
{
    auto object = json::object();
    for (const auto& [name, value] : labels.entries()) object[name] = value;
    return object;
}

json shown(const std::vector<ContactGroupId>& groups)
{
    auto list = json::array();
    for (const auto& group : groups) list.push_back(group.str());
    return list;
}

template <typename Tag>
json shown(const std::optional<StrongId<Tag>>& id)
{
    return id ? json(id->str()) : json(nullptr);
}

json shown(const std::optional<Timestamp>& at)
{
    return at ? shown(*at) : json(nullptr);
}

/// Texts, numbers and flags.
template <typename Plain>
json shown(const Plain& value)
{
    return value;
}

/// Reads a field that people write into `wanted`, which is the ticket as it is until then. null and absent empty it.
struct Editor {
    const TicketField& field;
    FieldReader& fields;
    const Ticket& ticket;
    Ticket& wanted;

    void operator()(std::string Ticket::* at) const
    {
        const Length length{.min = field.edit->is_line ? 1U : 0U, .max = field.edit->most};
        auto text = fields.text(field.name, length, field.edit->is_line ? Need::required : Need::optional);
        if (!field.edit->is_line || !text) {
            wanted.*at = std::move(text).value_or("");
            return;
        }
        // One that is not edited stays as it is, whatever an earlier version let through.
        wanted.*at = *text == ticket.*at ? *std::move(text) : domain::one_line(*text);
        if ((wanted.*at).empty()) fields.error(field.name, "must hold something that can be seen");
    }

    void operator()(domain::Severity Ticket::* at) const
    {
        const auto word = fields.word(field.name, domain::words_of(domain::severities()), Need::required);
        if (word) wanted.*at = domain::parse_severity(*word).value_or(ticket.*at);
    }

    void operator()(std::optional<UserId> Ticket::* at) const { wanted.*at = fields.id<UserId>(field.name); }
    void operator()(std::optional<Timestamp> Ticket::* at) const { wanted.*at = fields.timestamp(field.name); }

    /// Nobody edits such a field.
    template <typename Other>
    void operator()(Other Ticket::* /*at*/) const
    {
    }
};

std::string why_read_only(const TicketField& field)
{
    if (field.instead.empty()) return "cannot be changed";
    return "cannot be patched; " + std::string(field.instead);
}

}  // namespace

json field_json(const Ticket& ticket, const tickets::TicketMember& member)
{
    return std::visit([&](auto at) { return shown(ticket.*at); }, member);
}

json ticket_json(const Ticket& ticket)
{
    auto document = json::object();
    for (const auto& field : tickets::ticket_fields()) {
        if (field.shown) document[std::string(field.name)] = field_json(ticket, field.member);
    }
    return document;
}

Result<Ticket> read_ticket_patch(const Ticket& ticket, const json& patch)
{
    const auto current = ticket_json(ticket);
    auto merged = current;
    merged.merge_patch(patch);
    FieldReader fields(merged);
    auto wanted = ticket;
    for (const auto& field : tickets::ticket_fields()) {
        if (field.edit) std::visit(Editor{field, fields, ticket, wanted}, field.member);
    }
    for (const auto& field : tickets::ticket_fields()) {
        if (field.edit || !field.shown) continue;
        // A null in the patch removes the member, and null is what an absent one reads as.
        const std::string name(field.name);
        if (merged.value(name, json()) != current.value(name, json())) fields.error(name, why_read_only(field));
        fields.read_only({name});
    }
    if (const auto ok = fields.finish(); !ok) return ok.error();
    return wanted;
}

}  // namespace winnow::forms
