#include "app/config/environment.hpp"

#include "app/config/config.hpp"
#include "winnow/base/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace winnow::app {

namespace {

constexpr std::string_view kPrefix = "WINNOW_";

/// What is read besides the keys of the configuration.
constexpr std::string_view kOthers[] = {"WINNOW_URL",       "WINNOW_KEY",         "WINNOW_CA_FILE",
                                        "WINNOW_STATE_DIR", "WINNOW_CONFIG_FILE", "WINNOW_POSTGRES_BIN"};

/// How many letters a misspelling may be off: WINNOW_ENV is another word than WINNOW_KEY.
std::size_t slips(std::string_view name)
{
    constexpr std::size_t kLettersASlip = 4;
    constexpr std::size_t kMost = 3;
    return std::clamp<std::size_t>((name.size() - kPrefix.size()) / kLettersASlip, 1, kMost);
}

const std::vector<std::string>& known()
{
    static const auto kNames = [] {
        std::vector<std::string> names(std::begin(kOthers), std::end(kOthers));
        for (const auto& path : config_keys()) names.push_back(environment_name(path));
        return names;
    }();
    return kNames;
}

/// Docker's and Kubernetes' links to a service that is called winnow, or winnow-something: WINNOW_WEB_PORT_443_TCP.
bool is_service_link(std::string_view name)
{
    const auto rest = name.substr(kPrefix.size() - 1);
    return rest.ends_with("_PORT") || rest.contains("_PORT_") || rest.contains("_SERVICE_HOST") ||
           rest.contains("_SERVICE_PORT");
}

bool is_known(const std::string& name)
{
    return !name.starts_with(kPrefix) || std::ranges::find(known(), name) != known().end();
}

/// The known name that was meant; "" for none.
std::string meant_by(const std::string& name)
{
    auto meant = nearest(name, known());
    return meant.empty() || edit_distance(name, meant) > slips(name) ? "" : meant;
}

bool is_plain_link(std::string_view name)
{
    return name == "WINNOW_PORT" || name.starts_with("WINNOW_PORT_") || name.starts_with("WINNOW_SERVICE_");
}

std::vector<std::string> names_of_the_environment()
{
    std::vector<std::string> names;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view entry(*variable);
        names.emplace_back(entry.substr(0, entry.find('=')));
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

std::vector<FieldError> misspelt_variables(const std::vector<std::string>& names)
{
    std::vector<FieldError> problems;
    for (const auto& name : names) {
        if (is_known(name) || is_plain_link(name)) continue;
        const auto meant = meant_by(name);
        if (meant.empty()) continue;
        problems.push_back({.pointer = name, .detail = "nothing reads " + name + "; did you mean " + meant + "?"});
    }
    return problems;
}

std::vector<FieldError> misspelt_variables()
{
    return misspelt_variables(names_of_the_environment());
}

std::vector<FieldError> unread_variables(const std::vector<std::string>& names)
{
    std::vector<FieldError> unread;
    for (const auto& name : names) {
        if (is_known(name) || is_service_link(name) || !meant_by(name).empty()) continue;
        unread.push_back({.pointer = name, .detail = "nothing reads " + name + ": it changes nothing"});
    }
    return unread;
}

std::vector<FieldError> unread_variables()
{
    return unread_variables(names_of_the_environment());
}

}  // namespace winnow::app
