#pragma once

/// @file
/// The data of a ticket's events: JSON objects as text, written member by member.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::tickets {

/// A JSON object in the making. Names are our own words.
class EventData {
public:
    /// `word` is an identifier or one of our own words: nothing in it needs escaping.
    EventData& add(std::string_view name, std::string_view word)
    {
        begin(name).append("\"").append(word).append("\"");
        return *this;
    }

    /// null where there is none.
    EventData& add(std::string_view name, const std::optional<std::string>& word)
    {
        if (word) return add(name, std::string_view(*word));
        begin(name).append("null");
        return *this;
    }
    EventData& add(std::string_view name, const char* word) { return add(name, std::string_view(word)); }
    EventData& add(std::string_view name, const std::string& word) { return add(name, std::string_view(word)); }

    EventData& number(std::string_view name, std::int64_t value)
    {
        begin(name).append(std::to_string(value));
        return *this;
    }

    EventData& flag(std::string_view name)
    {
        begin(name).append("true");
        return *this;
    }

    /// Any well-formed UTF-8.
    EventData& words(std::string_view name, std::string_view text)
    {
        constexpr std::string_view kHex = "0123456789abcdef";
        begin(name).append("\"");
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                text_.append({'\\', c});
            } else if (static_cast<unsigned char>(c) < 0x20) {
                const auto code = static_cast<unsigned>(c);
                text_.append("\\u00").append({kHex[code >> 4U], kHex[code & 0x0FU]});
            } else {
                text_ += c;
            }
        }
        text_ += '"';
        return *this;
    }

    EventData& object(std::string_view name, EventData members)
    {
        begin(name).append(members.str());
        return *this;
    }

    [[nodiscard]] bool is_empty() const noexcept { return text_.size() == 1; }

    [[nodiscard]] std::string str() { return std::move(text_) + "}"; }

private:
    std::string& begin(std::string_view name)
    {
        if (!is_empty()) text_ += ',';
        return text_.append("\"").append(name).append("\":");
    }

    std::string text_ = "{";
};

/// Adds a member that is `true` to an object that is written already.
inline void mark(std::string& data, std::string_view flag)
{
    const bool bare = data.size() <= 2;
    data.insert(data.size() - 1, std::string(bare ? "\"" : ",\"").append(flag).append("\":true"));
}

}  // namespace winnow::tickets
