#include "cli/documents/yaml_document.hpp"

#include "winnow/base/text.hpp"
#include "winnow/documents/documents.hpp"

#include <nlohmann/json.hpp>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string_view>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;

json scalar(const YAML::Node& node)
{
    const auto& text = node.Scalar();
    if (node.Tag() == "!") return text;  // it was quoted
    if (text == "true" || text == "false") return text == "true";
    if (text == "null" || text == "~" || text.empty()) return nullptr;
    const auto* const end = text.data() + text.size();
    std::int64_t integer = 0;
    if (const auto [at, ec] = std::from_chars(text.data(), end, integer); ec == std::errc() && at == end)
        return integer;
    double number = 0;
    if (const auto [at, ec] = std::from_chars(text.data(), end, number); ec == std::errc() && at == end) return number;
    return text;
}

json convert(const YAML::Node& node, int depth)
{
    if (depth > kMaxDepth) throw YAML::Exception(node.Mark(), "nested too deeply");
    if (node.IsScalar()) return scalar(node);
    if (node.IsSequence()) {
        auto list = json::array();
        for (const auto& item : node) list.push_back(convert(item, depth + 1));
        return list;
    }
    if (node.IsMap()) {
        auto object = json::object();
        std::map<std::string, YAML::Mark> seen;
        for (const auto& entry : node) {
            const auto& name = entry.first.Scalar();
            const auto [first, fresh] = seen.try_emplace(name, entry.first.Mark());
            if (!fresh) {
                throw YAML::Exception(entry.first.Mark(), "\"" + name + "\" stands twice, first in line " +
                                                              std::to_string(first->second.line + 1) +
                                                              "; only one of them can hold");
            }
            object[name] = convert(entry.second, depth + 1);
        }
        return object;
    }
    return nullptr;
}

/// A plain scalar of this text would be something else.
bool needs_quotes(const std::string& text)
{
    return !scalar(YAML::Node(text)).is_string();
}

void emit(YAML::Emitter& out, const nlohmann::ordered_json& value)
{
    if (value.is_object()) {
        out << YAML::BeginMap;
        for (const auto& [name, member] : value.items()) {
            out << YAML::Key;
            if (has_hidden(name)) out << YAML::DoubleQuoted;
            out << name << YAML::Value;
            emit(out, member);
        }
        out << YAML::EndMap;
    } else if (value.is_array()) {
        const bool short_texts = std::ranges::all_of(value, [](const auto& item) { return item.is_string(); });
        if (short_texts) out << YAML::Flow;
        out << YAML::BeginSeq;
        for (const auto& item : value) emit(out, item);
        out << YAML::EndSeq;
    } else if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (needs_quotes(text) || has_hidden(text)) out << YAML::DoubleQuoted;
        out << text;
    } else if (value.is_null()) {
        out << YAML::Null;
    } else {
        out << value.dump();
    }
}

/// The UTF-16 unit that `text` escapes here ("\\ud83d"), if it is half of a pair: from 0xD800 on. 0: it is none.
unsigned half_at(std::string_view text, std::size_t at)
{
    constexpr std::size_t kLength = 6;
    if (text.substr(at, 2) != "\\u" || text.size() - at < kLength) return 0;
    unsigned unit = 0;
    const auto* const end = text.data() + at + kLength;
    const auto [stop, failure] = std::from_chars(text.data() + at + 2, end, unit, 16);
    return failure == std::errc() && stop == end && unit >= 0xD800 && unit <= 0xDFFF ? unit : 0;
}

/// JSON escapes what is beyond U+FFFF as two halves, of which YAML knows nothing: here it stands as itself.
std::string without_halves(std::string_view json_text)
{
    std::string text;
    for (std::size_t at = 0; at < json_text.size();) {
        const auto high = half_at(json_text, at);
        if (high != 0) {
            const auto character = 0x10000 + ((high - 0xD800) << 10U) + (half_at(json_text, at + 6) - 0xDC00);
            for (const auto bits : {0xF0U | (character >> 18U), 0x80U | (character >> 12U & 0x3FU),
                                    0x80U | (character >> 6U & 0x3FU), 0x80U | (character & 0x3FU)}) {
                text += static_cast<char>(bits);
            }
            at += 12;
            continue;
        }
        const std::size_t length = json_text[at] == '\\' ? 2 : 1;  // an escaped backslash begins nothing
        text += json_text.substr(at, length);
        at += length;
    }
    return text;
}

/// What the emitter leaves as it is, although a terminal obeys it or nobody sees it: it stands between double quotes.
std::string escaped(std::string_view written)
{
    constexpr char32_t kBeyond = 0x10000;
    std::string text;
    while (!written.empty()) {
        const auto [point, bytes] = first_code_point(written);
        if (!is_hidden(point) || point == U'\n') {
            text += written.substr(0, bytes);
        } else if (point < kBeyond) {
            append_json_escape(text, point);
        } else {
            std::array<char, 16> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), std::uint32_t{point}, 16).ptr;
            const std::string_view hex(digits.data(), end);
            text.append("\\U").append(8 - hex.size(), '0').append(hex);
        }
        written.remove_prefix(bytes);
    }
    return text;
}

/// The number of the first line that is not UTF-8.
std::size_t bad_line(std::string_view text)
{
    std::size_t line = 1;
    while (true) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos || !is_valid_utf8(text.substr(0, end))) return line;
        text.remove_prefix(end + 1);
        ++line;
    }
}

}  // namespace

std::string json_to_yaml(const nlohmann::ordered_json& document)
{
    YAML::Emitter out;
    emit(out, document);
    return escaped({out.c_str(), out.size()}) + "\n";
}

json yaml_to_json(const std::string& text)
{
    return convert(documents::one_document(json::accept(text) ? without_halves(text) : text), 0);
}

json read_document(const std::string& file)
{
    const auto text = documents::read_text_file(file);
    if (!is_valid_utf8(text))
        throw std::runtime_error(file + ": line " + std::to_string(bad_line(text)) + " is not UTF-8");
    try {
        return yaml_to_json(text);
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(file + ":" + std::to_string(error.mark.line + 1) + ":" +
                                 std::to_string(error.mark.column + 1) + ": " + error.msg);
    }
}

}  // namespace winnow::cli
