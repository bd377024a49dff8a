#include "forms/archives/json_line.hpp"

#include <set>
#include <utility>
#include <vector>

namespace winnow::forms {

namespace {

using nlohmann::json;

constexpr int kMostLevels = 64;

constexpr std::string_view kTooMuch = "holds more values than any that is exported";

/// Sees each step of the parser.
class Watch {
public:
    Watch(std::size_t most_values, std::string& wrong) : left_(most_values), wrong_(wrong) {}

    /// False: what comes is not kept. Of a few MiB of brackets values would take a hundred times as many.
    bool see(int depth, json::parse_event_t event, const json& parsed)
    {
        using enum json::parse_event_t;
        if (left_ == 0) {
            wrong_ = kTooMuch;
            return false;
        }
        --left_;
        if (depth > kMostLevels) wrong_ = "is nested deeper than 64 levels";
        switch (event) {
            case object_start: names_.emplace_back(); break;
            case object_end: names_.pop_back(); break;
            case key:
                if (!names_.back().insert(parsed.get<std::string>()).second) wrong_ = "has a member twice";
                see_text(parsed);
                break;
            case value: see_text(parsed); break;
            default: break;
        }
        return true;
    }

private:
    void see_text(const json& parsed)
    {
        if (!parsed.is_string()) return;
        if (parsed.get_ref<const std::string&>().find('\0') != std::string::npos) wrong_ = "holds U+0000";
    }

    std::size_t left_;
    std::string& wrong_;
    std::vector<std::set<std::string>> names_;
};

}  // namespace

json read_json_line(std::string_view text, std::string& wrong, std::size_t most_values)
{
    wrong.clear();
    Watch watch(most_values, wrong);
    auto read = json::parse(
        text, [&watch](int depth, json::parse_event_t event, json& parsed) { return watch.see(depth, event, parsed); },
        /*allow_exceptions=*/false);
    if (read.is_discarded() && wrong != kTooMuch) wrong = "is no JSON in UTF-8";
    return read;
}

const json* member_of(const json& object, std::string_view name)
{
    if (!object.is_object()) return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

std::string text_member(const json& object, std::string_view name)
{
    const auto* const found = member_of(object, name);
    return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace winnow::forms
