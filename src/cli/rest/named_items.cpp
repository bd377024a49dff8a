#include "cli/rest/named_items.hpp"

#include "winnow/base/uuid.hpp"

#include <strings.h>

namespace winnow::cli {

namespace {

/// A mail address is the same in whatever case, as it is to the server.
bool is_called(const std::string& its_name, const std::string& name, const Kind& kind)
{
    return kind.name == "email" ? strcasecmp(its_name.c_str(), name.c_str()) == 0 : its_name == name;
}

/// The items of that name, of every page.
std::vector<std::string> ids_called(const Connection& connection, const Kind& kind, const std::string& name)
{
    std::vector<std::string> found;
    std::string cursor;
    for (;;) {
        const auto path = kind.path + (kind.has_cursor ? "?limit=500" + kind.query : "") + cursor;
        const auto page = call_or_fail(connection, {.path = path}).json();
        for (const auto& item : page.at(kind.items)) {
            if (is_called(item.at(kind.name), name, kind)) found.push_back(item.at("id"));
        }
        if (!kind.has_cursor || page.at("next_cursor").is_null()) return found;
        cursor = "&cursor=" + url_encode(page.at("next_cursor"));
    }
}

}  // namespace

std::string no_such(const Kind& kind, const std::string& word)
{
    return "there is no " + kind.noun + ' ' + word + ": `" + kind.lists + "` lists them";
}

std::string find_id(const Connection& connection, const Kind& kind, const std::string& word)
{
    if (Uuid::parse(word)) return word;
    if (!kind.has_names) {
        throw WrongUsage('"' + word + "\" is no id of a " + kind.noun + ", such as " +
                         "0199c0de-0000-7000-8000-000000000001: `" + kind.lists + "` lists them");
    }
    const auto found = ids_called(connection, kind, word);
    if (found.empty()) {
        throw std::runtime_error("there is no " + kind.noun + " of the " + kind.name + " or id \"" + word + "\": `" +
                                 kind.lists + "` lists them");
    }
    if (found.size() > 1) {
        std::string ids;
        for (const auto& id : found) ids += "\n  " + id;
        throw std::runtime_error(std::to_string(found.size()) + ' ' + kind.noun + "s are called \"" + word +
                                 "\": give the id of one of them" + ids);
    }
    return found.front();
}

}  // namespace winnow::cli
