#pragma once

/// @file
/// What a command's argument names: an id, or the name of the one item that is called so.

#include "cli/rest/rest_client.hpp"

#include <string>

namespace winnow::cli {

/// What the items of a REST collection are to people.
struct Kind {
    std::string noun;             ///< "window".
    std::string path;             ///< Of the collection.
    std::string lists;            ///< The command that lists them: "winnow window list".
    bool has_names = false;       ///< Each has a "name", and is found by it, too.
    bool has_cursor = true;       ///< The collection comes in pages.
    std::string items = "items";  ///< The member of the answer that holds them.
    std::string name = "name";    ///< The member by which an item is found, in whatever case where that is "email".
    std::string query = {};       ///< Which of the collection's they are: "&user_id=…".
};

/// The id of the item that `word` names. Throws WrongUsage where it must be an id and is none, std::runtime_error where
/// nothing, or more than one, is called so.
[[nodiscard]] std::string find_id(const Connection& connection, const Kind& kind, const std::string& word);

/// What to say where the server knows nothing of that id.
[[nodiscard]] std::string no_such(const Kind& kind, const std::string& word);

}  // namespace winnow::cli
