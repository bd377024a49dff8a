#include "intake/json_document.hpp"

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
        case Number::finite: return simdjson::SUCCESS;
        case Number::malformed: return simdjson::TAPE_ERROR;
        case Number::overflowing: break;
    }
    refuse(at, "is a number beyond what a double can hold; send it as a string");
    text = {};
    return simdjson::SUCCESS;
}

Syntax Reader::decode(ondemand::raw_json_string raw, const Path& at, std::string_view& text)
{
    // Most strings are written plainly: no copy. simdjson has refused texts whose quotes do not pair, so one comes.
    const char* begin = raw.raw();
    const auto length = plain_length(begin);
    if (begin[length] == '"') {
        text = std::string_view(begin, length);
        return simdjson::SUCCESS;
    }
    auto* end = scratch_.unescaped.data() + unescaped_bytes_;
    if (const auto error = scratch_.parser.unescape(raw, end).get(text); error != simdjson::SUCCESS) return error;
    unescaped_bytes_ += text.size();
    if (may_hold_nul_ && text.find('\0') != std::string_view::npos) refuse(at, "holds U+0000; remove it");
    return simdjson::SUCCESS;
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
            out += '{';
            const auto error = append_members(value, at, depth, out);
            out += '}';
            return error;
        }
        case '[': return append_elements(value, at, depth, out);
        default: {
            std::string_view text;
            const auto error = scalar(value, at, text);
            out += text;
            return error;
        }
    }
}

Syntax Reader::append_elements(ondemand::value& value, const Path& at, std::size_t depth, std::string& out)
{
    if (too_deep(at, depth)) return simdjson::SUCCESS;
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
    if (too_deep(at, depth)) return simdjson::SUCCESS;
    ondemand::object members;
    if (const auto error = value.get_object().get(members); error != simdjson::SUCCESS) return error;
    Names seen(*this);
    bool first = true;
    for (auto member : members) {
        ondemand::field field;
        if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
        std::string_view key;
        if (const auto error = name(field, at, key); error != simdjson::SUCCESS) return error;
        seen.add(key);
        if (names != nullptr) names->push_back(key);
        if (!first) out += ',';
        first = false;
        append_json_string(out, key);
        out += ':';
        if (const auto error = append(field.value(), at.member(key), depth + 1, out); error != simdjson::SUCCESS) {
            return error;
        }
    }
    seen.check(at);
    return simdjson::SUCCESS;
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
    refuse(at, "is nested more than " + std::to_string(max_depth_) + " levels deep; flatten it");
    return true;
}

void Reader::Names::add(std::string_view name)
{
    // A small filter: names that fall on a free bit cannot have been there.
    const auto length = name.size();
    const auto mix = length == 0 ? 0
                                 : static_cast<unsigned char>(name[0]) * 7U +
                                       static_cast<unsigned char>(name[length - 1]) * 31U +
                                       static_cast<unsigned char>(name[length / 2]) * 13U;
    const auto slot = (mix + length * 17U) % (64 * filter_.size());
    auto& word = filter_[slot / 64];
    const auto bit = std::uint64_t{1} << slot % 64;
    maybe_repeated_ = maybe_repeated_ || (word & bit) != 0;
    word |= bit;
    reader_.scratch_.names.push_back(name);
}

void Reader::Names::check(const Path& object)
{
    if (!maybe_repeated_) return;
    const auto first = reader_.scratch_.names.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto last = reader_.scratch_.names.end();
    std::sort(first, last);
    const auto repeated = std::adjacent_find(first, last);
    if (repeated != last) reader_.refuse(object.member(*repeated), "stands twice; keep one of them");
}

}  // namespace winnow::intake
