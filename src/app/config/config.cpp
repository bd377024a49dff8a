#include "app/config/config.hpp"

#include "app/config/config_schema.hpp"
#include "app/config/environment.hpp"
#include "winnow/base/text.hpp"
#include "winnow/documents/documents.hpp"
#include "winnow/pg/options.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

namespace winnow::app {

namespace {

constexpr std::uint16_t kCustomerPort = 8443;
constexpr std::uint16_t kManagementPort = 9443;

/// A key's scalars and where they stand.
struct Entry {
    std::vector<std::string> values;
    YAML::Mark mark;
    bool list = false;
    bool map = false;    ///< `key: {}`
    bool empty = false;  ///< `key:` and nothing: not set.
};

/// A key that stands twice in one section: YAML forbids it, and one of the two would be passed over in silence.
struct Twice {
    std::string path;
    YAML::Mark first;
    YAML::Mark second;
};

/// Collects leaves by their dotted path. What is no leaf anybody knows is found later, by its path.
void flatten(const YAML::Node& node, const std::string& path, std::map<std::string, Entry>& out,
             std::vector<Twice>& twice)
{
    if (node.IsMap()) {
        std::map<std::string, YAML::Mark> seen;
        for (const auto& item : node) {
            const auto below = path.empty() ? item.first.Scalar() : path + "." + item.first.Scalar();
            const auto [first, fresh] = seen.emplace(below, item.first.Mark());
            if (!fresh) twice.push_back({.path = below, .first = first->second, .second = item.first.Mark()});
            flatten(item.second, below, out, twice);
        }
        if (node.size() > 0 || path.empty()) return;
    }
    if (path.empty() && node.IsNull()) return;
    auto& entry = out[path];
    entry.mark = node.Mark();
    entry.map = node.IsMap();
    entry.empty = node.IsNull() || entry.map;
    entry.list = node.IsSequence();
    if (node.IsScalar()) entry.values.push_back(node.Scalar());
    for (std::size_t i = 0; entry.list && i < node.size(); ++i) entry.values.push_back(node[i].Scalar());
}

const Key* find_key(const std::string& path)
{
    const auto& keys = config_schema();
    const auto at = std::ranges::find(keys, path, &Key::path);
    return at == keys.end() ? nullptr : &*at;
}

/// "journal" of "journal.max_queued_alerts".
bool is_section(const std::string& path)
{
    return std::ranges::any_of(config_schema(), [&](const Key& key) { return key.path.starts_with(path + "."); });
}

std::string problem_of_values(const std::vector<std::string>& values)
{
    for (const auto& value : values) {
        if (auto wrong = documents::problem_of_text(value); !wrong.empty()) return wrong;
    }
    return "";
}

std::string apply(Config& config, const std::string& path, const Entry& entry)
{
    if (path.empty()) return "this is no list of keys and values";
    const auto* key = find_key(path);
    if (key == nullptr && entry.empty && is_section(path)) return "";
    if (key == nullptr && is_section(path)) return path + " takes keys below it, not a value";
    if (key == nullptr) {
        const auto suggestion = nearest(path, config_keys());
        return "unknown key " + path + (suggestion.empty() ? "" : "; did you mean " + suggestion + "?");
    }
    if (entry.list && !key->list) return path + " takes one value, not a list";
    if (entry.map) return path + " takes a value, not keys below it";
    if (entry.empty) return "";
    auto wrong = problem_of_values(entry.values);
    if (wrong.empty()) wrong = key->set(config, entry.values);
    return wrong.empty() ? "" : path + " " + wrong;
}

void apply_environment(Config& config, std::vector<FieldError>& problems)
{
    for (const auto& key : config_schema()) {
        const auto name = environment_name(key.path);
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) continue;
        auto wrong = problem_of_values({value});
        if (wrong.empty()) wrong = key.set(config, {value});
        if (!wrong.empty()) problems.push_back({.pointer = name, .detail = key.path + " " + wrong});
        config.settings[key.path] = {.place = name, .values = {value}};
    }
    for (auto& problem : misspelt_variables()) problems.push_back(std::move(problem));
}

}  // namespace

Config::Config()
{
    customer.name = "customer";
    customer.port = kCustomerPort;
    management.name = "management";
    management.port = kManagementPort;
}

std::string environment_name(const std::string& path)
{
    std::string name = "WINNOW_";
    for (const char c : path) name += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return name;
}

std::vector<std::string> config_keys()
{
    std::vector<std::string> paths;
    for (const auto& key : config_schema()) paths.push_back(key.path);
    return paths;
}

namespace {

Reading read_text(const std::string& text, const std::string& name, Config base)
{
    Reading reading;
    auto& problems = reading.problems;
    const auto at = [&](const YAML::Mark& mark) {
        return name + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
    };
    const auto no_text = documents::line_that_is_no_text(text);
    const std::string save_as = ": save the file as UTF-8";
    std::map<std::string, Entry> entries;
    try {
        std::vector<Twice> twice;
        flatten(documents::one_document(text), "", entries, twice);
        for (const auto& key : twice) {
            problems.push_back({.pointer = at(key.second),
                                .detail = key.path + " stands twice, first in line " +
                                          std::to_string(key.first.line + 1) + "; only one of them can hold"});
        }
    } catch (const YAML::Exception& error) {
        if (no_text == 0) problems.push_back({.pointer = at(error.mark), .detail = error.msg});
        reading.understood = false;
    }
    bool told = false;
    for (const auto& [path, entry] : entries) {
        if (!is_valid_utf8(path)) continue;  // told by its line
        const bool is_text = std::ranges::all_of(entry.values, is_valid_utf8);
        told = told || !is_text;
        const auto wrong = is_text ? apply(base, path, entry) : path + " is not UTF-8" + save_as;
        if (!wrong.empty()) problems.push_back({.pointer = at(entry.mark), .detail = wrong});
        if (!entry.empty) base.settings[path] = {.place = at(entry.mark), .values = entry.values};
    }
    if (no_text != 0 && !told) {
        problems.push_back(
            {.pointer = name + ":" + std::to_string(no_text) + ":1", .detail = "this line is not UTF-8" + save_as});
    }
    apply_environment(base, problems);
    reading.config = std::move(base);
    return reading;
}

Result<Config> whole(Reading reading)
{
    if (!reading.problems.empty()) return Error(std::move(reading.problems));
    return std::move(reading.config);
}

}  // namespace

Result<Config> parse_config(const std::string& text, const std::string& name, Config base)
{
    return whole(read_text(text, name, std::move(base)));
}

Reading read_config(const std::string& file, Config base)
{
    const auto unreadable = [&](const std::string& why) {
        return Reading{.config = {}, .problems = {{.pointer = file, .detail = why}}, .understood = false};
    };
    std::error_code failure;
    if (std::filesystem::is_directory(file, failure)) return unreadable("this is a folder; name the file in it");
    errno = 0;
    std::ifstream in(file);
    if (!in) return unreadable("this file cannot be read: " + std::generic_category().message(errno));
    const std::string text(std::istreambuf_iterator<char>(in), {});
    return read_text(text, file, std::move(base));
}

Result<Config> load_config(const std::string& file, Config base)
{
    return whole(read_config(file, std::move(base)));
}

void secure_database(DatabaseConfig& database, VaultConfig& vault)
{
    for (auto* const url : {&database.owner_url, &database.api_url, &database.pipeline_url, &database.provider_url,
                            &vault.owner_url, &vault.url}) {
        if (!url->empty()) *url = pg::with_tls(*url, database.sslmode, database.ca_file);
    }
}

Result<Done> complete_for_serving(const Config& config)
{
    std::vector<FieldError> problems;
    const auto need = [&](const std::string& value, const char* path) {
        if (value.empty()) problems.push_back({.pointer = path, .detail = std::string(path) + " is needed"});
    };
    need(config.customer.tls.certificate_chain, "listen.customer.certificate_file");
    need(config.customer.tls.private_key, "listen.customer.key_file");
    need(config.management.tls.certificate_chain, "listen.management.certificate_file");
    need(config.management.tls.private_key, "listen.management.key_file");
    need(config.database.api_url, "database.api_url");
    need(config.database.pipeline_url, "database.pipeline_url");
    need(config.database.provider_url, "database.provider_url");
    need(config.encryption_key_file, "encryption_key_file");
    if (config.vault.url.empty() != config.vault.root_key_files.empty()) {
        const std::string path = config.vault.url.empty() ? "vault.url" : "vault.root_key_files";
        problems.push_back({.pointer = path, .detail = path + " is needed: a vault has both, its URL and a root key"});
    }
    if (!problems.empty()) return Error(std::move(problems));
    return Done{};
}

}  // namespace winnow::app
