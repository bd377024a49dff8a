#pragma once

/// @file
/// Reading untrusted JSON with simdjson's On-Demand front-end, strictly.
///
/// On-Demand rather than the DOM: the DOM refuses a whole document for one integer beyond 64 bits and forgets how
/// numbers were written, and it is not faster here once the fields are copied out (docs/decisions, "Reading alerts").
/// What On-Demand leaves to its caller is done here: every value is visited, so that nothing unread stays unchecked.

#include "intake/json/json_text.hpp"
#include "winnow/base/error.hpp"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::intake {

namespace ondemand = simdjson::ondemand;

/// Broken syntax: reading stops at once and the whole text is refused. Everything else is a FieldError of one alert.
using Syntax = simdjson::error_code;

/// The memory of one parse; one a thread, kept from body to body unless a large body grew it.
struct Scratch {
    ondemand::parser parser;
    std::string padded;
    std::vector<std::uint8_t> unescaped;  ///< Room for decoded strings; its content is the last Reader's.
    std::vector<std::string_view> names;  ///< Names of the objects being read, innermost last.
};

/// A thread's scratch, borrowed. Not reentrant.
class ScratchLease {
public:
    /// Copies `text` to where simdjson may read beyond its end.
    explicit ScratchLease(std::string_view text);
    ~ScratchLease();
    ScratchLease(const ScratchLease&) = delete;
    ScratchLease& operator=(const ScratchLease&) = delete;

    [[nodiscard]] Scratch& scratch() const noexcept { return scratch_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    Scratch& scratch_;
    std::string_view text_;
};

/// Reads the values of one document. Collects the first rule that the alert being read breaks, and what of it had to be
/// changed to be kept.
///
/// Strings are handed out as views that hold as long as lease and Reader do.
class Reader {
public:
    static constexpr std::size_t kMaxWarnings = 16;         ///< Of one alert.
    static constexpr std::size_t kMaxBodyWarnings = 1'000;  ///< Of a body; beyond them an alert only tells how many.
    static constexpr std::size_t kMaxMembers = 10'000;      ///< Of an object in an alert; what comes later is left out.
    static constexpr std::size_t kMaxRepeats = 8;           ///< Of one name in an object; what comes later is left out.

    /// `text` must lie in the lease, which serves one Reader at a time. `max_depth`: see `append`.
    Reader(ScratchLease& lease, std::string_view text, std::size_t max_depth);

    /// Where bytes of the lease's text stand for what was no text (Repaired::places). Must outlive the Reader.
    void expect_repairs(std::span<const std::size_t> places) noexcept { repairs_ = places; }

    /// How many warnings the alerts before had, where a body has several Readers.
    void expect_warnings(std::size_t before) noexcept { body_warnings_ = before; }

    /// Starts reading. Call once; `document` must not move afterwards.
    [[nodiscard]] Syntax open(ondemand::document& document);

    /// Notes a broken rule; the first one of an alert counts.
    void refuse(const Path& at, std::string detail);
    [[nodiscard]] std::optional<FieldError> take_refusal() { return std::exchange(refusal_, std::nullopt); }
    [[nodiscard]] bool refused() const noexcept { return refusal_.has_value(); }

    /// Notes what was changed. Beyond kMaxWarnings, and in a body that had kMaxBodyWarnings, they are only counted.
    void warn(const Path& at, std::string_view code, std::string detail);
    [[nodiscard]] std::vector<FieldError> take_warnings();

    /// Where `name` looks like a slip of the pen for one of `known`: that one, else "". Remembers its answers.
    [[nodiscard]] const std::string& suggestion_for(std::string_view name, std::span<const std::string_view> known);

    /// The first character of a value: what kind it is.
    [[nodiscard]] static char kind_of(ondemand::value& value);

    /// The text of a number, true, false or null, checked.
    [[nodiscard]] Syntax scalar(ondemand::value& value, const Path& at, std::string_view& text);

    /// The decoded string. The value must begin with a quote.
    [[nodiscard]] Syntax string(ondemand::value& value, const Path& at, std::string_view& text);

    /// The decoded name of a member.
    [[nodiscard]] Syntax name(ondemand::field& field, const Path& at, std::string_view& text);

    /// Appends any value as compact JSON: numbers exactly as sent, strings with the shortest escapes. A number beyond
    /// every double becomes a string, what is nested too deep null, a name that stands twice gets underscores, up to
    /// kMaxRepeats of them; each with a warning. `depth` is that of the value itself were it a container; 1 is the
    /// alert.
    [[nodiscard]] Syntax append(ondemand::value& value, const Path& at, std::size_t depth, std::string& out);

    /// Appends an object's members, without the braces. Their names go to `names` where it is given.
    [[nodiscard]] Syntax append_members(ondemand::value& value, const Path& at, std::size_t depth, std::string& out,
                                        std::vector<std::string_view>* names = nullptr);

    /// Reads and checks a value that nobody wants.
    [[nodiscard]] Syntax skip(ondemand::value& value, const Path& at, std::size_t depth);

    /// Where the next token begins: the end of what was just read, spaces included.
    [[nodiscard]] const char* position() const;

    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }  ///< Bytes of the whole document.

    /// True when the document was read and nothing follows it.
    [[nodiscard]] bool at_end() const { return document_->current_location().error() == simdjson::OUT_OF_BOUNDS; }

    /// The names of an object so far. Nests.
    class Names {
    public:
        explicit Names(Reader& reader) noexcept : reader_(reader), begin_(reader.scratch_.names.size()) {}
        ~Names() { reader_.scratch_.names.resize(begin_); }
        Names(const Names&) = delete;
        Names& operator=(const Names&) = delete;

        /// False where the name was there before.
        [[nodiscard]] bool add(std::string_view name);

        /// True once there are kMaxMembers: so many are more than an alert can hold.
        [[nodiscard]] bool full() const noexcept { return rare_ && rare_->many.size() >= kMaxMembers; }

        /// Of a name that was there before: how often it came again, this time included.
        [[nodiscard]] std::size_t repeat(std::string_view name);

    private:
        /// What few objects need.
        struct Rare {
            /// All of them, once they are many. No hash table: who sends them could choose names that meet in it.
            std::set<std::string_view> many;
            std::map<std::string_view, std::size_t> repeats;
        };

        [[nodiscard]] bool has(std::string_view name);
        void add_to_many(std::string_view name);
        Rare& rare();

        Reader& reader_;
        std::size_t begin_;
        std::array<std::uint64_t, 8> filter_{};
        std::unique_ptr<Rare> rare_;
    };

    /// Reads and drops what is left of an object that is full; warns.
    [[nodiscard]] Syntax leave_out(ondemand::value& value, const Path& object, std::size_t depth, bool& warned);

    /// Whether a member whose name stood before is kept; warns of it, and once where it is not. `kept` says how.
    [[nodiscard]] bool keeps_repeat(Names& names, const Path& at, std::string_view kept);

private:
    [[nodiscard]] Syntax decode(ondemand::raw_json_string raw, const Path& at, std::string_view& text);
    [[nodiscard]] Syntax decode_slowly(const char* begin, const Path& at, std::string_view& text);
    void note_repairs(const char* begin, const Path& at);
    [[nodiscard]] bool rename(Names& seen, const Path& at, std::string_view& name);
    [[nodiscard]] Syntax append_elements(ondemand::value& value, const Path& at, std::size_t depth, std::string& out);
    [[nodiscard]] bool too_deep(const Path& at, std::size_t depth);
    [[nodiscard]] static Syntax pass_over(ondemand::value& value, std::string& out);

    Scratch& scratch_;
    std::string_view text_;
    ondemand::document* document_ = nullptr;
    std::size_t max_depth_;
    bool may_hold_nul_;
    std::size_t unescaped_bytes_ = 0;
    std::optional<FieldError> refusal_;
    std::vector<FieldError> warnings_;
    std::size_t more_warnings_ = 0;
    std::size_t body_warnings_ = 0;  ///< Taken.
    std::span<const std::size_t> repairs_;
    std::forward_list<std::string> renamed_;
    std::vector<std::pair<std::string, std::string>> suggestions_;
    std::size_t suggested_ = 0;
};

}  // namespace winnow::intake
