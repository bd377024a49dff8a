#include "cli/exports/export_verify.hpp"

#include "winnow/archive/tar_zst.hpp"
#include "winnow/crypto/digest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr std::size_t kMostFaults = 100;
constexpr std::string_view kManifest = "manifest.json";
constexpr std::string_view kFormat = "winnow-export/1";

/// Of a file, as it is or as the manifest says.
struct File {
    std::size_t rows = 0;
    std::size_t bytes = 0;
    std::string sha256;
    friend bool operator==(const File&, const File&) = default;
};

template <typename T>
std::optional<T> member(const json& object, const char* name)
{
    const auto found = object.is_object() ? object.find(name) : object.end();
    if (!object.is_object() || found == object.end()) return std::nullopt;
    if constexpr (std::is_same_v<T, std::string>) {
        return found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
    } else {
        return found->is_number_unsigned() ? std::optional(found->get<T>()) : std::nullopt;
    }
}

class Verification {
public:
    Result<Done> take(std::string_view name, std::string_view content)
    {
        if (name == kManifest) {
            manifest_ = json::parse(content, nullptr, /*allow_exceptions=*/false);
            return Done{};
        }
        if (manifest_) fault(std::string(name) + " stands behind the manifest");
        found_.emplace(name, File{.rows = static_cast<std::size_t>(std::ranges::count(content, '\n')),
                                  .bytes = content.size(),
                                  .sha256 = crypto::to_hex(crypto::sha256(content))});
        return Done{};
    }

    void fault(std::string sentence)
    {
        if (verdict_.faults.size() < kMostFaults) verdict_.faults.push_back(std::move(sentence));
    }

    ExportVerdict end()
    {
        verdict_.files = found_.size();
        for (const auto& [name, file] : found_) verdict_.rows += file.rows;
        if (manifest_) {
            compare(*manifest_);
        } else {
            fault("there is no manifest.json");
        }
        return std::move(verdict_);
    }

private:
    void compare(const json& manifest)
    {
        if (member<std::string>(manifest, "format") != kFormat) {
            return fault("manifest.json is none of " + std::string(kFormat));
        }
        verdict_.taken_at = member<std::string>(manifest, "taken_at").value_or("");
        verdict_.tenant = member<std::string>(manifest.value("tenant", json::object()), "id").value_or("");
        const auto files = manifest.find("files");
        if (files == manifest.end() || !files->is_array()) return fault("manifest.json lists no files");
        for (const auto& each : *files) compare_file(each);
        for (const auto& [name, file] : found_) fault(name + " is not in manifest.json");
    }

    /// Takes those that the manifest knows out of what was found.
    void compare_file(const json& said)
    {
        const auto name = member<std::string>(said, "name");
        const auto rows = member<std::size_t>(said, "rows");
        const auto bytes = member<std::size_t>(said, "bytes");
        const auto sha256 = member<std::string>(said, "sha256");
        if (!name || !rows || !bytes || !sha256) return fault("manifest.json has an entry that is none");
        const auto found = found_.find(*name);
        if (found == found_.end()) return fault(*name + " is missing");
        if (found->second != File{.rows = *rows, .bytes = *bytes, .sha256 = *sha256}) {
            fault(*name + " is not as manifest.json says");
        }
        found_.erase(found);
    }

    std::map<std::string, File, std::less<>> found_;
    std::optional<json> manifest_;
    ExportVerdict verdict_;
};

}  // namespace

ExportVerdict verify_export(std::istream& archive)
{
    Verification verification;
    winnow::archive::TarZstReader reader(
        [&](std::string_view name, std::string_view content) { return verification.take(name, content); });
    std::array<char, 65'536> piece{};
    Result<Done> read = Done{};
    while (read && archive) {
        archive.read(piece.data(), piece.size());
        read = reader.take({piece.data(), static_cast<std::size_t>(archive.gcount())});
    }
    if (read) read = reader.finish();
    if (!read) verification.fault(read.error().message());
    return verification.end();
}

json to_json(const ExportVerdict& verdict)
{
    return {{"whole", verdict.faults.empty()}, {"faults", verdict.faults}, {"tenant", verdict.tenant},
            {"taken_at", verdict.taken_at},    {"files", verdict.files},   {"rows", verdict.rows}};
}

}  // namespace winnow::cli
