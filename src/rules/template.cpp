#include "rules/template.hpp"

#include "winnow/base/text.hpp"

#include <algorithm>
#include <utility>

namespace winnow::rules {

namespace {

std::string_view trimmed(std::string_view text) noexcept
{
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

Error malformed(std::string_view text, std::size_t at, const std::string& why)
{
    return {ErrorCode::invalid_argument,
            "character " + std::to_string(count_code_points(text.substr(0, at)) + 1) + ": " + why};
}

}  // namespace

Result<Template> Template::parse(std::string_view text)
{
    if (text.size() > kMaxTemplateBytes) {
        return Error(ErrorCode::invalid_argument,
                     "a template has at most " + std::to_string(kMaxTemplateBytes) + " bytes");
    }
    Template compiled;
    std::size_t at = 0;
    for (;;) {
        const auto open = text.find("{{", at);
        Piece piece{std::string(text.substr(at, open == std::string_view::npos ? open : open - at)), std::nullopt};
        if (open == std::string_view::npos) {
            if (!piece.literal.empty()) compiled.pieces_.push_back(std::move(piece));
            return compiled;
        }
        const auto close = text.find("}}", open);
        if (close == std::string_view::npos) return malformed(text, open, R"("{{" is not closed by "}}")");
        auto field = parse_field(trimmed(text.substr(open + 2, close - open - 2)));
        if (!field) return malformed(text, open, field.error().message());
        piece.field = std::move(*field);
        compiled.pieces_.push_back(std::move(piece));
        at = close + 2;
    }
}

std::optional<std::string> Template::render(const domain::Alert& alert, std::size_t max_bytes, std::size_t& steps) const
{
    std::string out;
    for (const auto& piece : pieces_) {
        const auto bytes = piece.literal.size() + (piece.field ? bytes_touched(*piece.field, alert) : 0);
        if (!pay(steps, 1 + bytes / kBytesAStep)) return std::nullopt;
        out += piece.literal;
        if (piece.field) append_value(*piece.field, alert, out);
        if (out.size() < max_bytes) continue;
        out.resize(truncate_utf8(out, max_bytes).size());
        break;
    }
    return out;
}

bool Template::uses(Field::Member member) const
{
    return std::ranges::any_of(pieces_,
                               [&](const Piece& piece) { return piece.field && piece.field->member == member; });
}

}  // namespace winnow::rules
