/// @file
/// The table of actions: a row a kind.

#include "winnow/forms/action_form.hpp"

#include "forms/action_members.hpp"
#include "winnow/domain/words.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <utility>

namespace winnow::forms {

namespace {

using domain::Action;
using domain::DedupKeyAction;
using domain::DropAction;
using domain::ExtractAction;
using domain::FlapAction;
using domain::GroupKeyAction;
using domain::NoteAction;
using domain::PauseAction;
using domain::PriorityAction;
using domain::RouteAction;
using domain::SetAction;
using domain::SeverityAction;
using domain::SuppressAction;
using domain::TagAction;
using domain::ThresholdAction;
using nlohmann::json;

constexpr std::size_t kMaxTemplateChars = 4'096;
constexpr Length kFieldName{1, 300};
constexpr Length kTemplate{1, kMaxTemplateChars};
constexpr Texts kKeyFields{.each = kFieldName, .most = 32};
constexpr Duration kHold{.min = std::chrono::seconds{1}, .max = std::chrono::days{7}};
constexpr auto kRequired = Need::required;

template <typename Kind>
struct Of {};

// The rows. An alternative of Action without one does not compile.

Row<DropAction> row(Of<DropAction> /*kind*/)
{
    return {"drop", {}};
}

Row<SuppressAction> row(Of<SuppressAction> /*kind*/)
{
    auto reason = text("reason", &SuppressAction::reason, {0, 1'024});
    reason.stored = Need::optional;  // every version has read actions without it
    return {"suppress", {std::move(reason)}};
}

Row<SetAction> row(Of<SetAction> /*kind*/)
{
    return {"set",
            {text("field", &SetAction::field, kFieldName, kRequired),
             text("value", &SetAction::value, {0, kMaxTemplateChars}, kRequired)}};
}

Row<SeverityAction> row(Of<SeverityAction> /*kind*/)
{
    return {"severity",
            {word("severity", &SeverityAction::severity, domain::words_of(domain::severities()),
                  &domain::parse_severity, kRequired)}};
}

Row<DedupKeyAction> row(Of<DedupKeyAction> /*kind*/)
{
    return {"dedup_key",
            {texts("fields", &DedupKeyAction::fields, kKeyFields),
             text("template", &DedupKeyAction::key_template, kTemplate)},
            Given::one};
}

Row<RouteAction> row(Of<RouteAction> /*kind*/)
{
    return {"route", {ids("contact_group_ids", &RouteAction::contact_group_ids, {.most = 50}, kRequired)}};
}

Row<ExtractAction> row(Of<ExtractAction> /*kind*/)
{
    return {"extract",
            {text("field", &ExtractAction::field, kFieldName, kRequired),
             text("pattern", &ExtractAction::pattern, {1, 1'024}, kRequired)}};
}

Row<GroupKeyAction> row(Of<GroupKeyAction> /*kind*/)
{
    return {"group_key",
            {texts("fields", &GroupKeyAction::fields, kKeyFields),
             text("template", &GroupKeyAction::key_template, kTemplate)},
            Given::one};
}

Row<PriorityAction> row(Of<PriorityAction> /*kind*/)
{
    return {"priority", {text("priority", &PriorityAction::priority, {1, 64}, kRequired)}};
}

Row<TagAction> row(Of<TagAction> /*kind*/)
{
    return {"tag", {text("tag", &TagAction::tag, {1, 255}, kRequired)}};
}

Row<NoteAction> row(Of<NoteAction> /*kind*/)
{
    return {"note", {text("note", &NoteAction::note, kTemplate, kRequired)}};
}

Row<ThresholdAction> row(Of<ThresholdAction> /*kind*/)
{
    return {"threshold",
            {number("count", &ThresholdAction::count, {.min = 1, .max = 1'000}, kRequired),
             duration("within", &ThresholdAction::within, kHold, kRequired),
             word("mode", &ThresholdAction::mode, {"every", "reset"}, &domain::parse_threshold_mode)}};
}

Row<PauseAction> row(Of<PauseAction> /*kind*/)
{
    return {"pause", {duration("for", &PauseAction::duration, kHold, kRequired)}};
}

Row<FlapAction> row(Of<FlapAction> /*kind*/)
{
    return {"flap",
            {number("transitions", &FlapAction::transitions, {.min = 2, .max = 1'000}),
             duration("within", &FlapAction::within, kHold), duration("settle", &FlapAction::settle, kHold),
             word("mode", &FlapAction::mode, {"transitions", "weighted"}, &domain::parse_flap_mode)}};
}

using Table = std::array<const Form*, std::variant_size_v<Action>>;

template <typename Kind>
const Form* form_of()
{
    static const FormOf<Kind> kForm(row(Of<Kind>()));
    return &kForm;
}

template <typename... Kinds>
Table table_of(const std::variant<Kinds...>* /*all*/)
{
    return {form_of<Kinds>()...};
}

const Table& table()
{
    static const Table kTable = table_of(static_cast<const Action*>(nullptr));
    return kTable;
}

const Form* find_form(std::string_view type)
{
    const auto found = std::ranges::find(table(), type, &ActionForm::type);
    return found == table().end() ? nullptr : *found;
}

}  // namespace

std::vector<const ActionForm*> action_forms()
{
    return {table().begin(), table().end()};
}

json action_json(const Action& action)
{
    return table().at(action.index())->write(action);
}

json actions_json(const std::vector<Action>& actions)
{
    auto list = json::array();
    for (const auto& action : actions) list.push_back(action_json(action));
    return list;
}

Action read_action(FieldReader& fields)
{
    std::vector<std::string_view> types;
    for (const auto* form : table()) types.push_back(form->type());
    const auto type = fields.word("type", types, Need::required);
    if (!type) return DropAction{};  // not closed: nobody knows which fields it should have
    auto action = find_form(*type)->read(fields);
    fields.close();
    return action;
}

Result<std::vector<Action>> load_actions(const json& stored)
{
    const Error broken(ErrorCode::internal, "a stored rule has actions that this version cannot read");
    try {
        if (!stored.is_array()) return broken;
        std::vector<Action> actions;
        for (const auto& item : stored) {
            const auto* form = find_form(item.at("type").get_ref<const std::string&>());
            auto action = form == nullptr ? std::nullopt : form->load(item);
            if (!action) return broken;
            actions.push_back(*std::move(action));
        }
        return actions;
    } catch (const json::exception&) {
        return broken;
    }
}

Result<std::vector<Action>> parse_actions(std::string_view stored)
{
    const auto list = json::parse(stored, nullptr, /*allow_exceptions=*/false);
    return load_actions(list);  // what is no JSON is no array, either
}

}  // namespace winnow::forms
