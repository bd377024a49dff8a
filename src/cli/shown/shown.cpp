#include "cli/shown/shown.hpp"

#include "winnow/base/text.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace winnow::cli {

namespace {

constexpr int kIndent = 2;

std::string escaped(const std::string& written)
{
    std::string out;
    out.reserve(written.size());
    std::string_view rest = written;
    while (!rest.empty()) {
        const auto [point, bytes] = first_code_point(rest);
        // Line feeds are the document's own: those of texts are escaped already.
        if (is_hidden(point) && point != U'\n') {
            append_json_escape(out, point);
        } else {
            out += rest.substr(0, bytes);
        }
        rest.remove_prefix(bytes);
    }
    return out;
}

template <typename Document>
std::string dumped(const Document& document, int indent)
{
    return document.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string json_text(const nlohmann::json& document)
{
    return escaped(dumped(document, kIndent));
}

std::string json_text(const nlohmann::ordered_json& document)
{
    return escaped(dumped(document, kIndent));
}

std::string json_line(const nlohmann::json& document)
{
    return escaped(dumped(document, -1));
}

}  // namespace winnow::cli
