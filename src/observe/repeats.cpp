#include "observe/repeats.hpp"

#include <utility>
#include <variant>

namespace winnow::observe {

namespace {

struct AppendValue {
    std::string& out;

    void operator()(std::string_view text) const { out += text; }
    void operator()(std::int64_t number) const { out += std::to_string(number); }
    void operator()(double number) const { out += std::to_string(number); }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
};

std::string key_of(std::string_view message, std::span<const Field> fields)
{
    std::string key(message);
    for (const auto& field : fields) {
        if (field.name == "request_id") continue;
        key += '\0';
        key += field.name;
        key += '\0';
        std::visit(AppendValue{key}, field.value);
    }
    return key;
}

}  // namespace

std::optional<std::size_t> Repeats::say(std::string_view message, std::span<const Field> fields, Clock::time_point now)
{
    auto key = key_of(message, fields);
    if (const auto known = said_.find(key); known != said_.end()) {
        auto& said = known->second;
        if (now - said.last < kQuiet) {
            ++said.left_out;
            return std::nullopt;
        }
        said.last = now;
        return std::exchange(said.left_out, 0);
    }
    if (said_.size() >= kMost) {
        std::erase_if(said_, [now](const auto& item) { return now - item.second.last >= kQuiet; });
    }
    if (said_.size() < kMost) said_.emplace(std::move(key), Said{.last = now});
    return 0;
}

}  // namespace winnow::observe
