#include "cli/alerts/alert_explain.hpp"

#include "cli/shown/shown.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/cli/terminal_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string_view>

namespace winnow::cli {

namespace {

using nlohmann::json;

/// Lines of a name and what there is to say of it, indented below.
class Lines {
public:
    void add(std::string_view name, const std::string& text)
    {
        constexpr std::size_t kColumn = 13;
        std::string line(name);
        line.resize(std::max(kColumn, line.size() + 1), ' ');
        put(line + text);
    }
    void more(const std::string& text) { put("             " + text); }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    /// A title must not drive the terminal.
    void put(const std::string& line) { text_ += for_terminal(line) + '\n'; }

    std::string text_;
};

std::string word(const json& document, const char* name)
{
    const auto& value = document.at(name);
    if (value.is_null()) return "";
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string quoted(const json& document)
{
    const auto name = word(document, "name");
    return name.empty() ? "(a rule that is gone)" : '"' + name + '"';
}

/// `drop`, `severity critical`, `set labels.tier = gold`…: the type, and what else the action says.
std::string action_text(const json& action)
{
    auto text = word(action, "type");
    for (const auto& [name, value] : action.items()) {
        if (name == "type" || value == "") continue;
        text += ' ' + name + '=' + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return text;
}

void add_leaves(const json& leaves, Lines& lines)
{
    for (const auto& leaf : leaves) {
        const auto failed = word(leaf, "error");
        const auto value = word(leaf, "value");
        auto text = "  " + word(leaf, "expression");
        text += leaf.at("matched").get<bool>() ? "   yes" : "   no";
        if (!failed.empty()) {
            text += ": " + failed;
        } else if (!value.empty()) {
            text += ": the alert had " + value;
        }
        lines.more(text);
    }
}

void add_rules(const json& explanation, Lines& lines)
{
    for (const auto& rule : explanation.at("matched_rules")) {
        auto text = quoted(rule) + " version " + word(rule, "version");
        const char* separator = ": ";
        for (const auto& [place, action] : rule.at("actions").items()) {
            text += separator + action_text(action);
            separator = ", ";
        }
        lines.add("rule", text);
        add_leaves(rule.at("leaves"), lines);
        if (const auto failed = word(rule, "error"); !failed.empty()) lines.more("  left out: " + failed);
    }
    if (explanation.at("matched_rules").empty()) lines.add("rule", "none matched");
    // What an older service says has no such count.
    if (const auto more = explanation.value("matched_rules_left_out", 0); more > 0) {
        lines.add("rule", "and " + std::to_string(more) + " more, which are not recorded");
    }
    for (const auto& miss : explanation.at("near_misses")) {
        lines.add("near miss", quoted(miss));
        add_leaves(miss.at("failing"), lines);
    }
    for (const auto& rule : explanation.at("rules")) {
        if (rule.at("would_match") == true) {
            lines.add("in shadow", quoted(rule) + " would match");
            add_leaves(rule.at("leaves"), lines);
        }
        const auto failed = word(rule, "error");
        // That something is missing is no failure: the rule only does not match.
        if (!failed.empty() && !failed.starts_with("no such key")) lines.add("failed", quoted(rule) + ": " + failed);
    }
}

void add_hold(const json& held, Lines& lines)
{
    if (held.is_null()) return;
    auto text = word(held, "kind");
    if (text == "threshold") text += ": " + word(held, "count") + " of " + word(held, "needed");
    if (text == "flap") text += ": " + word(held, "count") + " transitions";
    if (!held.at("until").is_null()) text += ", until " + word(held, "until");
    lines.add("held by", text);
}

void add_ticket(const json& explanation, Lines& lines)
{
    const auto& ticket = explanation.at("ticket");
    if (ticket.is_null()) {
        lines.add("ticket", "none");
        return;
    }
    lines.add("ticket", '#' + word(ticket, "number") + ' ' + word(explanation, "effect") + "; it is " +
                            word(ticket, "state") + " now, " + word(ticket, "severity") +
                            (ticket.at("suppressed").get<bool>() ? ", suppressed" : ""));
    for (const auto& event : explanation.at("ticket_events")) {
        lines.more("  " + word(event, "at") + ' ' + word(event, "kind"));
    }
}

void add_told(const json& explanation, Lines& lines)
{
    for (const auto& delivery : explanation.at("deliveries")) {
        const auto contact = word(delivery, "contact_name");
        const auto failed = word(delivery, "last_error");
        lines.add("told", (contact.empty() ? word(delivery, "contact_id") : contact) + " (" + word(delivery, "event") +
                              "): " + word(delivery, "state") + (failed.empty() ? "" : ", " + failed));
    }
    const auto& nobody = explanation.at("nobody_told");
    if (!nobody.is_null()) lines.add("nobody told", word(nobody, "detail"));
}

}  // namespace

std::string explanation_text(const json& explanation)
{
    Lines lines;
    const auto& alert = explanation.at("alert");
    const auto source = word(alert, "source");
    lines.add("alert", word(alert, "title") + " (" + word(alert, "status") + ", " + word(alert, "severity") +
                           (source.empty() ? "" : ", from " + source) + "), " + word(explanation, "received_at"));
    lines.add("became", word(explanation, "disposition"));
    add_rules(explanation, lines);
    const auto& quiet = explanation.at("quieted_by");
    if (!quiet.is_null()) lines.add("quieted by", word(quiet, "kind") + ' ' + word(quiet, "id"));
    add_hold(explanation.at("held_by"), lines);
    add_ticket(explanation, lines);
    add_told(explanation, lines);
    return lines.text();
}

Call about_alert(const std::string& id)
{
    if (!Uuid::parse(id)) {
        throw WrongUsage('"' + id +
                         "\" is no alert's id: give one as `winnow alert send` printed it, such as "
                         "01932d5e-77a0-8000-8010-000000010000");
    }
    return {.path = "/api/v1/alerts/" + id,
            .missing = "there is no alert " + id +
                       ", or none any more: they are kept for the tenant's "
                       "journal_retention_days"};
}

void add_alert_explain(Syntax& group, Command& chosen)
{
    struct Arguments {
        Connection connection;
        std::string id;
    };
    auto* command = group.add_subcommand("explain", "Say why an alert ended where it did");
    auto arguments = std::make_shared<Arguments>();
    arguments->connection.add_options(*command);
    command->add_option("ID", arguments->id, "The alert's id, as \"alert send\" printed it")->required();
    command->footer("Example:\n  winnow alert explain 01932d5e-77a0-8000-8010-000000010000");
    command->callback([&chosen, arguments] {
        chosen = [arguments] {
            auto request = about_alert(arguments->id);
            request.path += "/explanation";
            complete(arguments->connection, As::admin);
            const auto explanation = call_or_fail(arguments->connection, request).json();
            std::cout << (arguments->connection.json ? json_text(explanation) + '\n' : explanation_text(explanation));
            return 0;
        };
    });
}

}  // namespace winnow::cli
