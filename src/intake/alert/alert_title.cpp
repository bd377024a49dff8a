#include "intake/alert/alert_title.hpp"

#include "winnow/domain/one_line.hpp"

#include <initializer_list>

namespace winnow::intake {

using domain::one_line;

namespace {

/// The first of these that says something.
std::string first_line_of(const domain::Labels& from, std::initializer_list<std::string_view> names)
{
    for (const auto name : names) {
        const auto* value = from.find(name);
        if (auto line = value == nullptr ? std::string() : one_line(*value); !line.empty()) return line;
    }
    return {};
}

}  // namespace

std::string alertmanager_title(const domain::Labels& labels, const domain::Labels& annotations)
{
    if (auto text = first_line_of(annotations, {"summary", "title", "message"}); !text.empty()) return text;
    auto title = first_line_of(labels, {"alertname"});
    if (const auto instance = first_line_of(labels, {"instance"}); !instance.empty()) {
        if (!title.empty()) title += ' ';
        title += instance;
    }
    if (!title.empty()) return title;
    for (const auto& [name, value] : labels.entries()) {  // Alertmanager asks for no certain label
        if (!title.empty()) title += ", ";
        title += name;
        title += '=';
        title += value;
    }
    return one_line(title);
}

}  // namespace winnow::intake
