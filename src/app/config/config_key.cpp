#include "app/config/config_key.hpp"

#include "winnow/base/text.hpp"
#include "winnow/base/time.hpp"
#include "winnow/documents/documents.hpp"

#include <fstream>
#include <string>
#include <utility>

namespace winnow::app {

using std::chrono::milliseconds;

Key text(std::string path, Member<std::string> member)
{
    return {std::move(path), [member](Config& config, const auto& values) {
                member(config) = values.front();
                return std::string();
            }};
}

Key secret_file(std::string path, Member<std::string> member)
{
    return {std::move(path), [member](Config& config, const auto& values) {
                const auto& file = values.front();
                if (const auto why = documents::why_unreadable(file); !why.empty())
                    return "cannot read " + file + ": " + why;
                std::ifstream in(file);
                std::string line;
                if (!std::getline(in, line)) return "cannot read " + file + ": it is empty";
                if (line.ends_with('\r')) line.pop_back();
                if (const auto wrong = documents::problem_of_text(line); !wrong.empty()) {
                    return "names " + file + ", whose first line " + wrong;
                }
                member(config) = std::move(line);
                return std::string();
            }};
}

Key texts(std::string path, Member<std::vector<std::string>> member)
{
    return {std::move(path),
            [member](Config& config, const auto& values) {
                member(config) = values;
                return std::string();
            },
            true};
}

Key duration(std::string path, Member<milliseconds> member, milliseconds min, milliseconds max)
{
    return {std::move(path), [=](Config& config, const std::vector<std::string>& values) {
                const auto value = parse_iso8601_duration(values.front());
                if (!value || *value < min || *value > max) {
                    return "must be a duration such as PT5S, from " + format_iso8601_duration(min) + " to " +
                           format_iso8601_duration(max);
                }
                member(config) = *value;
                return std::string();
            }};
}

Key flag(std::string path, Member<bool> member)
{
    return word<bool>(std::move(path), std::move(member), {{"true", true}, {"false", false}});
}

}  // namespace winnow::app
