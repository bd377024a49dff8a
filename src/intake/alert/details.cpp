/// @file
/// The details of an alert: what the sender gave that has no field of its own, put together into one object.

#include "intake/alert/alert_fields.hpp"

#include <cstddef>
#include <map>

namespace winnow::intake {

namespace {

constexpr std::size_t kUsualBytes = 128;
constexpr std::size_t kUsualMembers = 4;

/// The names of an object that is put together.
class TakenNames {
public:
    /// Takes it, with underscores behind it where it was taken. False where as many as we try were, too.
    bool take(std::string& name)
    {
        constexpr std::size_t kMostTries = 2 * Reader::kMaxRepeats;
        const auto [own, is_new] = tries_.try_emplace(name, 0);
        if (is_new) return true;
        // Goes on where the last one of the name ended: however many come, each is tried once.
        name.append(own->second, '_');
        while (own->second < kMostTries) {
            ++own->second;
            name += '_';
            if (tries_.try_emplace(name, 0).second) return true;
        }
        return false;
    }

private:
    std::map<std::string, std::size_t> tries_;  // by name, how many underscores behind it were tried
};

}  // namespace

void Excess::keep_in(Reader& reader, const Path& at, Details& details, std::string_view as) const
{
    if (empty()) return;
    std::string json;
    const auto name_of = [&json](std::string_view name) {
        json += json.empty() ? '{' : ',';
        append_json_string(json, name);
        json += ':';
    };
    TakenNames taken;
    bool all = true;
    for (auto [name, text] : texts_) {
        if (!taken.take(name)) {
            all = false;
            continue;
        }
        name_of(name);
        append_json_string(json, text);
    }
    for (auto [name, value] : others_) {
        if (!taken.take(name)) {
            all = false;
            continue;
        }
        name_of(name);
        json += value;
    }
    if (!all) reader.warn(at, "left_out", "holds names that stand too often; the last ones of them were left out");
    details.keep(as, json + "}");
}

Syntax Details::read(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth)
{
    switch (Reader::kind_of(value)) {
        case '{':
            members_.reserve(kUsualBytes);
            names_.reserve(kUsualMembers);
            return reader.append_members(value, at, depth, members_, &names_);
        case 'n': {
            std::string_view text;
            return reader.scalar(value, at, text);
        }
        default:
            members_ = "\"value\":";
            names_.push_back("value");
            return reader.append(value, at, depth, members_);
    }
}

Syntax Details::keep(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth)
{
    return reader.append(value, at, depth, kept_.emplace_back(std::string(at.name), std::string()).second);
}

std::string Details::str(Reader& reader, const Path& at)
{
    std::string text;
    text.reserve(members_.size() + 2);
    text += '{';
    text += members_;
    TakenNames taken;
    const bool may_clash = kept_.size() > 1 || (!kept_.empty() && !names_.empty());
    if (may_clash) {
        for (const auto own : names_) {
            std::string name(own);
            taken.take(name);
        }
    }
    bool all = true;
    for (auto& [name, json] : kept_) {
        if (may_clash && !taken.take(name)) {
            all = false;
            continue;
        }
        if (text.size() > 1) text += ',';
        append_json_string(text, name);
        text += ':';
        text += json;
    }
    if (!all) {
        reader.warn(at, "left_out",
                    "holds members whose names are taken in details, and more like them; left out there");
    }
    text += '}';
    return text;
}

}  // namespace winnow::intake
