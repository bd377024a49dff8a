#pragma once

/// @file
/// Reading the fields of a JSON object that somebody wrote, with an error list that names each of them.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::forms {

enum class Need : std::uint8_t { optional, required };

/// In Unicode code points.
struct Length {
    std::size_t min = 0;
    std::size_t max = 200;
};

/// So many errors of one document are told, and reading stops at them: a hostile one must not buy long work or a long
/// answer.
inline constexpr std::size_t kMaxErrors = 50;

/// Takes one object's fields and collects every error, so that the caller can mend all in one go.
///
/// A getter returns nullopt where the field is absent, null, or wrong; the last two of an unwanted kind are recorded
/// (null counts as absent). After the getters, `finish()` refuses what nobody asked for and gives the verdict:
///
///     FieldReader fields(*document);
///     rule.name = fields.text("name", {1, 200}, Need::required).value_or("");
///     fields.read_only({"id", "version"});
///     if (auto ok = fields.finish(); !ok) return ok.error();
class FieldReader {
public:
    /// `document` must outlive the reader. One that is not an object is itself an error.
    explicit FieldReader(const nlohmann::json& document, std::string pointer = "");

    [[nodiscard]] bool has(std::string_view name) const;  ///< Present and not null.

    /// Without control characters; tab, line feed and carriage return may stand.
    std::optional<std::string> text(std::string_view name, Length length, Need need = Need::optional);
    /// A null is refused: it is neither of the two.
    std::optional<bool> boolean(std::string_view name, Need need = Need::optional);
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max,
                                        Need need = Need::optional);
    /// ISO 8601, "PT5M".
    std::optional<std::chrono::milliseconds> duration(std::string_view name, std::chrono::milliseconds min,
                                                      std::chrono::milliseconds max, Need need = Need::optional);
    std::optional<Timestamp> timestamp(std::string_view name, Need need = Need::optional);
    /// One of `words`, exactly as written there.
    std::optional<std::string> word(std::string_view name, const std::vector<std::string_view>& words,
                                    Need need = Need::optional);
    std::optional<std::vector<std::string>> texts(std::string_view name, Length each, std::size_t max_items,
                                                  Need need = Need::optional);
    /// A nested object, and an array of them. Share this reader's error list; call close() on each.
    std::optional<FieldReader> object(std::string_view name, Need need = Need::optional);
    std::optional<std::vector<FieldReader>> objects(std::string_view name, std::size_t max_items,
                                                    Need need = Need::optional);
    /// Any value, or nullptr where absent (a null is returned as one).
    const nlohmann::json* any(std::string_view name, Need need = Need::optional);

    template <typename Id>
    std::optional<Id> id(std::string_view name, Need need = Need::optional)
    {
        const auto uuid = uuid_at(name, need);
        if (!uuid) return std::nullopt;
        return Id(*uuid);
    }

    /// Without duplicates.
    template <typename Id>
    std::optional<std::vector<Id>> ids(std::string_view name, std::size_t max_items, Need need = Need::optional)
    {
        const auto uuids = uuids_at(name, max_items, need);
        if (!uuids) return std::nullopt;
        std::vector<Id> out;
        out.reserve(uuids->size());
        for (const auto& uuid : *uuids) out.emplace_back(uuid);
        return out;
    }

    /// Fields that GET shows and nobody can write: taken and not looked at.
    void read_only(std::initializer_list<std::string_view> names);

    /// Records an error about a field; `name` "" is the object itself.
    void error(std::string_view name, std::string detail, std::string code = "invalid_field");
    /// The same about an item of an array.
    void item_error(std::string_view name, std::size_t index, std::string detail);

    /// JSON Pointer of a field of this object.
    [[nodiscard]] std::string pointer_to(std::string_view name) const;

    /// Refuses the fields that no getter asked for.
    void close();

    /// close(), then Done, or an Error with everything that was recorded (also by nested readers).
    Result<Done> finish();

    [[nodiscard]] bool failed() const noexcept { return !errors_->empty(); }

private:
    using Errors = std::vector<FieldError>;
    FieldReader(const nlohmann::json& document, std::string pointer, std::shared_ptr<Errors> errors);

    const nlohmann::json* find(std::string_view name, Need need, std::string_view expected);
    std::optional<Uuid> uuid_at(std::string_view name, Need need);
    std::optional<std::vector<Uuid>> uuids_at(std::string_view name, std::size_t max_items, Need need);
    const nlohmann::json* list(std::string_view name, std::size_t max_items, Need need);
    std::optional<std::string> checked_text(const nlohmann::json& value, const std::string& pointer, Length length);
    void add(std::string pointer, std::string detail, std::string code = "invalid_field");

    const nlohmann::json* document_;
    std::string pointer_;
    std::vector<std::string> asked_;
    std::shared_ptr<Errors> errors_;
};

/// "~" and "/" escaped as RFC 6901 wants.
[[nodiscard]] std::string escape_pointer(std::string_view token);

/// Adds `found`, with `base` before its pointers, up to kMaxErrors in all, save about fields of which `errors`
/// complains already: one mistake is told once.
void merge_errors(std::vector<FieldError>& errors, const std::vector<FieldError>& found, const std::string& base);

}  // namespace winnow::forms
