#pragma once

/// @file
/// One alert in Winnow's own format.

#include "intake/alert/alert_fields.hpp"

#include <string>
#include <string_view>

namespace winnow::intake {

/// Becomes an alert member by member. Everything it is given must outlive it.
class NativeAlert {
public:
    NativeAlert(Reader& reader, const Path& at, const Origin& origin, const domain::AlertLimits& limits,
                domain::Alert& alert)
        : reader_(reader), at_(at), origin_(origin), limits_(limits), alert_(alert)
    {
    }

    /// True of the names that mean something; all others only fill details.
    [[nodiscard]] static bool knows(std::string_view name) noexcept;

    [[nodiscard]] Syntax member(std::string_view name, ondemand::value& value);

    /// A member whose name stood among `names` before: what it holds is kept, a few times, and changes nothing.
    [[nodiscard]] Syntax repeated(Reader::Names& names, std::string_view name, ondemand::value& value);

    void finish();

private:
    static constexpr std::size_t kInside = 2;  // depth of a container that is an alert's member

    [[nodiscard]] Syntax word(ondemand::value& value, const Path& at, std::string& text);
    [[nodiscard]] Syntax dedup_key(ondemand::value& value, const Path& at);
    [[nodiscard]] Syntax unknown(std::string_view name, ondemand::value& value, const Path& at);
    void set_title();
    void set_severity();
    void set_status();
    void keep_unknown(std::string_view field, const std::string& word, std::string detail);

    Reader& reader_;
    const Path& at_;
    const Origin& origin_;
    const domain::AlertLimits& limits_;
    domain::Alert& alert_;
    Details details_;
    Excess excess_;
    std::string severity_;  // as sent
    std::string status_;
    bool unseen_ = false;      // the title holds blanks only
    std::string_view alerts_;  // a member's name that says it holds alerts
    std::string_view slip_;    // a name that may be meant for the title's
};

}  // namespace winnow::intake
