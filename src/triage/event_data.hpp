#pragma once

/// @file
/// The data of a ticket's events. Private to triage.

#include "winnow/triage/fold.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace winnow::triage {

/// A JSON object in the making.
class Data {
public:
    Data() = default;
    explicit Data(const Evaluated& cause) { add("alert_id", cause.alert_id().str()); }

    /// `word` is an identifier or one of our own words: nothing in it needs escaping.
    Data& add(std::string_view name, std::string_view word)
    {
        separate();
        text_.append("\"").append(name).append("\":\"").append(word).append("\"");
        return *this;
    }

    Data& number(std::string_view name, std::int64_t value)
    {
        separate();
        text_.append("\"").append(name).append("\":").append(std::to_string(value));
        return *this;
    }

    Data& flag(std::string_view name)
    {
        separate();
        text_.append("\"").append(name).append("\":true");
        return *this;
    }

    /// Any well-formed UTF-8.
    Data& words(std::string_view name, std::string_view text)
    {
        constexpr std::string_view kHex = "0123456789abcdef";
        separate();
        text_.append("\"").append(name).append("\":\"");
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

    [[nodiscard]] std::string str() { return std::move(text_) + "}"; }

private:
    void separate()
    {
        if (text_.size() > 1) text_ += ',';
    }

    std::string text_ = "{";
};

}  // namespace winnow::triage
