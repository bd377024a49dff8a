#include "app/environment.hpp"

#include "app/config.hpp"
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

/// Docker's and Kubernetes' links to a service that is called winnow.
bool is_service_link(std::string_view name)
{
    return name == "WINNOW_PORT" || name.starts_with("WINNOW_PORT_") || name.starts_with("WINNOW_SERVICE_");
}

}  // namespace

std::vector<FieldError> misspelt_variables(const std::vector<std::string>& names)
{
    std::vector<FieldError> problems;
    for (const auto& name : names) {
        if (!name.starts_with(kPrefix) || is_service_link(name) || std::ranges::find(known(), name) != known().end())
            continue;
        const auto meant = nearest(name, known());
        if (meant.empty() || edit_distance(name, meant) > slips(name)) continue;
        problems.push_back({.pointer = name, .detail = "nothing reads " + name + "; did you mean " + meant + "?"});
    }
    return problems;
}

std::vector<FieldError> misspelt_variables()
{
    std::vector<std::string> names;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view entry(*variable);
        names.emplace_back(entry.substr(0, entry.find('=')));
    }
    std::ranges::sort(names);
    return misspelt_variables(names);
}

}  // namespace winnow::app
