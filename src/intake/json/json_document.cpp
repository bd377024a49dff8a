#include "intake/json/json_document.hpp"

#include "intake/json/json_diagnosis.hpp"
#include "intake/json/json_repair.hpp"
#include "winnow/base/text.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace winnow::intake {

namespace {

// Beyond this a thread gives its memory back after the body: simdjson's is several times the body's size.
constexpr std::size_t kKeptBytes = 256 * 1024;

Scratch& thread_scratch()
{
    thread_local Scratch scratch;
    return scratch;
}

/// Of a string, from behind its quote to the one that closes it.
std::size_t raw_length(const char* begin) noexcept
{
    std::size_t length = 0;
    while (begin[length] != '"') length += begin[length] == '\\' ? 2 : 1;
    return length;
}

std::string_view trim_right(std::string_view text) noexcept
{
    const auto last = text.find_last_not_of(" \t\r\n");
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

ScratchLease::ScratchLease(std::string_view text) : scratch_(thread_scratch())
{
    scratch_.names.clear();
    scratch_.padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    scratch_.padded.assign(text);
    scratch_.padded.append(simdjson::SIMDJSON_PADDING, ' ');
    text_ = std::string_view(scratch_.padded).substr(0, text.size());
    // Decoding never lengthens a text; simdjson writes whole vectors, so a little beyond.
    const auto room = text.size() + simdjson::SIMDJSON_PADDING;
    const bool escapes = text.find('\\') != std::string_view::npos;
    if (escapes && scratch_.unescaped.size() < room) scratch_.unescaped.resize(room);
}

ScratchLease::~ScratchLease()
{
    if (scratch_.padded.capacity() > kKeptBytes) scratch_ = Scratch();
}

Reader::Reader(ScratchLease& lease, std::string_view text, std::size_t max_depth)
    : scratch_(lease.scratch()),
      text_(text),
      max_depth_(max_depth),
      may_hold_nul_(text.find("\\u0000") != std::string_view::npos)
{
}

Syntax Reader::open(ondemand::document& document)
{
    document_ = &document;
    const auto room = text_.size() + simdjson::SIMDJSON_PADDING;
    return scratch_.parser.iterate(text_.data(), text_.size(), room).get(document);
}

void Reader::refuse(const Path& at, std::string detail)
{
    if (refusal_) return;
    refusal_.emplace();
    refusal_->pointer = at.pointer();
    refusal_->detail = std::move(detail);
}

void Reader::warn(const Path& at, std::string_view code, std::string detail)
{
    if (warnings_.size() == kMaxWarnings || body_warnings_ >= kMaxBodyWarnings) {
        ++more_warnings_;
        return;
    }
    auto& warning = warnings_.emplace_back();
    warning.pointer = at.pointer();
    warning.code = code;
    warning.detail = std::move(detail);
}

std::vector<FieldError> Reader::take_warnings()
{
    if (more_warnings_ > 0) {
        if (warnings_.size() == kMaxWarnings) {
            warnings_.pop_back();
            ++more_warnings_;
        }
        const auto* const what = warnings_.empty()
                                     ? " warnings about this alert; the body has too many to tell them all"
                                     : " more warnings about this alert";
        warnings_.push_back({.pointer = "", .code = "more", .detail = std::to_string(more_warnings_) + what});
        more_warnings_ = 0;
    }
    body_warnings_ += warnings_.size();
    return std::exchange(warnings_, {});
}

const std::string& Reader::suggestion_for(std::string_view name, std::span<const std::string_view> known)
{
    constexpr std::size_t kRemembered = 32;
    constexpr std::size_t kLongest = 32;  // of what may be a slip of the pen
    constexpr std::size_t kMost = 1'000;  // of a body; who means well has fewer names
    static const std::string kNone;
    if (name.size() > kLongest) return kNone;
    for (const auto& [asked, answer] : suggestions_) {
        if (asked == name) return answer;
    }
    if (++suggested_ > kMost) return kNone;
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (suggestions_.size() == kRemembered) suggestions_.pop_back();
    return suggestions_.emplace_back(std::string(name), nearest(lower, known)).second;
}

char Reader::kind_of(ondemand::value& value)
{
    const auto token = value.raw_json_token();
    return token.empty() ? '\0' : token.front();
}

Syntax Reader::scalar(ondemand::value& value, const Path& at, std::string_view& text)
{
    text = trim_right(value.raw_json_token());
    if (text == "true" || text == "false" || text == "null") return simdjson::SUCCESS;
    switch (judge_number(text)) {
        case Number::malformed: return simdjson::TAPE_ERROR;
        case Number::finite: return simdjson::SUCCESS;
        case Number::overflowing: break;
    }
    warn(at, "replaced", "is a number beyond what a double can hold and was kept as text");
    return simdjson::SUCCESS;
}

Syntax Reader::decode(ondemand::raw_json_string raw, const Path& at, std::string_view& text)
{
    // Most strings are written plainly: no copy. simdjson has refused texts whose quotes do not pair, so one comes.
    const char* begin = raw.raw();
    const auto length = plain_length(begin);
    if (begin[length] == '"') {
        text = std::string_view(begin, length);
        if (!repairs_.empty()) note_repairs(begin, at);
        return simdjson::SUCCESS;
    }
    auto* end = scratch_.unescaped.data() + unescaped_bytes_;
    if (scratch_.parser.unescape(raw, end).get(text) != simdjson::SUCCESS) return decode_slowly(begin, at, text);
    if (may_hold_nul_ && text.find('\0') != std::string_view::npos) return decode_slowly(begin, at, text);
    unescaped_bytes_ += text.size();
    if (!repairs_.empty()) note_repairs(begin, at);
    return simdjson::SUCCESS;
}

// A string with an escape that is no text, or that is not JSON's.
Syntax Reader::decode_slowly(const char* begin, const Path& at, std::string_view& text)
{
    auto* const room = reinterpret_cast<char*>(scratch_.unescaped.data() + unescaped_bytes_);
    const auto decoded = decode_leniently({begin, raw_length(begin)}, room);
    if (!decoded) return simdjson::STRING_ERROR;
    text = *decoded;
    unescaped_bytes_ += text.size();
    warn(at, "replaced", "held characters that are no text (U+0000, or half a surrogate pair); U+FFFD stands for them");
    return simdjson::SUCCESS;
}

void Reader::note_repairs(const char* begin, const Path& at)
{
    const auto offset = static_cast<std::size_t>(begin - scratch_.padded.data());
    const auto place = std::ranges::lower_bound(repairs_, offset);
    if (place == repairs_.end() || *place >= offset + raw_length(begin)) return;
    warn(at, "replaced",
         "held bytes that are no text (ill-formed UTF-8, or raw control characters); U+FFFD, or the escape that was "
         "meant, stands for them");
}

Syntax Reader::string(ondemand::value& value, const Path& at, std::string_view& text)
{
    ondemand::raw_json_string raw;
    if (const auto error = value.get_raw_json_string().get(raw); error != simdjson::SUCCESS) return error;
    return decode(raw, at, text);
}

Syntax Reader::name(ondemand::field& field, const Path& at, std::string_view& text)
{
    return decode(field.key(), at, text);
}

Syntax Reader::append(ondemand::value& value, const Path& at, std::size_t depth, std::string& out)
{
    switch (kind_of(value)) {
        case '"': {
            std::string_view text;
            if (const auto error = string(value, at, text); error != simdjson::SUCCESS) return error;
            append_json_string(out, text);
            return simdjson::SUCCESS;
        }
        case '{': {
            if (too_deep(at, depth)) return pass_over(value, out);
            out += '{';
            const auto error = append_members(value, at, depth, out);
            out += '}';
            return error;
        }
        case '[': return append_elements(value, at, depth, out);
        default: {
            std::string_view text;
            if (const auto error = scalar(value, at, text); error != simdjson::SUCCESS) return error;
            const bool is_number = text.front() == '-' || (text.front() >= '0' && text.front() <= '9');
            if (is_number && judge_number(text) == Number::overflowing) {
                append_json_string(out, text);
            } else {
                out += text;
            }
            return simdjson::SUCCESS;
        }
    }
}

Syntax Reader::append_elements(ondemand::value& value, const Path& at, std::size_t depth, std::string& out)
{
    if (too_deep(at, depth)) return pass_over(value, out);
    ondemand::array elements;
    if (const auto error = value.get_array().get(elements); error != simdjson::SUCCESS) return error;
    out += '[';
    std::size_t index = 0;
    for (auto element : elements) {
        ondemand::value child;
        if (const auto error = std::move(element).get(child); error != simdjson::SUCCESS) return error;
        if (index != 0) out += ',';
        if (const auto error = append(child, at.element(index), depth + 1, out); error != simdjson::SUCCESS) {
            return error;
        }
        ++index;
    }
    out += ']';
    return simdjson::SUCCESS;
}

Syntax Reader::append_members(ondemand::value& value, const Path& at, std::size_t depth, std::string& out,
                              std::vector<std::string_view>* names)
{
    ondemand::object members;
    if (const auto error = value.get_object().get(members); error != simdjson::SUCCESS) return error;
    Names seen(*this);
    bool first = true;
    bool was_full = false;
    for (auto member : members) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
        std::string_view key;
        if (const auto error = name(field, at, key); error != simdjson::SUCCESS) return error;
        if (seen.full()) {
            const auto error = leave_out(field.value(), at, depth + 1, was_full);
            if (error != simdjson::SUCCESS) return error;
            continue;
        }
        if (!seen.add(key) && !rename(seen, at, key)) {
            const auto error = skip(field.value(), at.member(key), depth + 1);
            if (error != simdjson::SUCCESS) return error;
            continue;
        }
        if (names != nullptr) names->push_back(key);
        if (!first) out += ',';
        first = false;
        append_json_string(out, key);
        out += ':';
        if (const auto error = append(field.value(), at.member(key), depth + 1, out); error != simdjson::SUCCESS) {
            return error;
        }
    }
    return simdjson::SUCCESS;
}

Syntax Reader::leave_out(ondemand::value& value, const Path& object, std::size_t depth, bool& warned)
{
    if (!warned) {
        warn(object, "left_out",
             "has more than " + std::to_string(kMaxMembers) + " members; what comes after those was left out");
    }
    warned = true;
    return skip(value, object, depth);
}

// A few tries: a sender may have taken names such that each repeat has to pass all of them.
bool Reader::rename(Names& seen, const Path& at, std::string_view& name)
{
    constexpr std::size_t kMostTries = 2 * kMaxRepeats;
    const auto here = at.member(name);
    if (!keeps_repeat(seen, here, "stands twice; the later one is kept under another name")) return false;
    auto& fresh = renamed_.emplace_front(name);
    for (std::size_t i = 0; i < kMostTries; ++i) {
        fresh += '_';
        if (seen.add(fresh)) {
            name = fresh;
            return true;
        }
    }
    renamed_.pop_front();
    warn(here, "left_out", "stands twice, and too many names like it are taken; the later one was left out");
    return false;
}

bool Reader::keeps_repeat(Names& names, const Path& at, std::string_view kept)
{
    const auto times = names.repeat(at.name);
    if (times <= kMaxRepeats) warn(at, "repeated", std::string(kept));
    if (times == kMaxRepeats + 1) {
        warn(at, "left_out",
             "stands more than " + std::to_string(kMaxRepeats + 1) + " times; what comes after those was left out");
    }
    return times <= kMaxRepeats;
}

Syntax Reader::skip(ondemand::value& value, const Path& at, std::size_t depth)
{
    std::string unwanted;
    return append(value, at, depth, unwanted);
}

const char* Reader::position() const
{
    const char* at = nullptr;
    const auto error = document_->current_location().get(at);
    const auto* const end = text_.data() + text_.size();
    return error != simdjson::SUCCESS || at > end ? end : at;
}

bool Reader::too_deep(const Path& at, std::size_t depth)
{
    if (depth <= max_depth_) return false;
    warn(at, "left_out",
         "is nested more than " + std::to_string(max_depth_) + " levels deep; null stands for what is deeper");
    return true;
}

// Walks what is too deep without a stack of our own, so that its syntax counts all the same.
Syntax Reader::pass_over(ondemand::value& value, std::string& out)
{
    out += "null";
    std::string_view raw;
    if (const auto error = simdjson::to_json_string(value).get(raw); error != simdjson::SUCCESS) return error;
    return diagnose(raw) ? simdjson::TAPE_ERROR : simdjson::SUCCESS;
}

bool Reader::Names::add(std::string_view name)
{
    constexpr std::size_t kMany = 64;
    // A small filter: names that fall on a free bit cannot have been there.
    const auto length = name.size();
    const auto mix = length == 0 ? 0
                                 : static_cast<unsigned char>(name[0]) * 7U +
                                       static_cast<unsigned char>(name[length - 1]) * 31U +
                                       static_cast<unsigned char>(name[length / 2]) * 13U;
    const auto slot = (mix + length * 17U) % (64 * filter_.size());
    auto& word = filter_[slot / 64];
    const auto bit = std::uint64_t{1} << slot % 64;
    if ((word & bit) != 0 && has(name)) return false;
    word |= bit;
    auto& names = reader_.scratch_.names;
    names.push_back(name);
    if (names.size() - begin_ > kMany) add_to_many(name);
    return true;
}

}  // namespace winnow::intake
